import { validId } from "#lib/graphql/arguments.ts";
import { enableTenant as enable } from "../../tenants/tenants.ts";
import type { MutationResolvers } from "../../generated/resolvers.ts";
import { changedTenant } from "../tenant-change.ts";

export const enableTenant: MutationResolvers["enableTenant"] = async (_root, { input }, context) => {
  const id = validId(input.id, "input.id");
  return changedTenant(await enable(context.services, context.request, id, true), context);
};
