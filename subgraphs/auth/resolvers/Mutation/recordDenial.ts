import { validId } from "#lib/graphql/arguments.ts";
import { recordDenial as record } from "../../credentials/record-denial.ts";
import type { MutationResolvers } from "../../generated/resolvers.ts";

export const recordDenial: MutationResolvers["recordDenial"] = async (_root, { input }, { request, services }) => {
  const userId = validId(input.userId, "input.userId");
  const userTenantId = validId(input.userTenantId, "input.userTenantId");
  await record(services, request, { ...input, userId, userTenantId });
  return { userErrors: [] };
};
