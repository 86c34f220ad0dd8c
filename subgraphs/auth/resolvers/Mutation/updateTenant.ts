import { validId } from "#lib/graphql/arguments.ts";
import { updateTenant as update } from "../../tenants/tenants.ts";
import type { MutationResolvers } from "../../generated/resolvers.ts";
import { changedTenant } from "../tenant-change.ts";

export const updateTenant: MutationResolvers["updateTenant"] = async (_root, { input }, context) => {
  const { id, ...contents } = input;
  const outcome = await update(context.services, context.request, validId(id, "input.id"), contents);
  return changedTenant(outcome, context);
};
