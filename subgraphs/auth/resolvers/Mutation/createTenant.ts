import { createTenant as create } from "../../tenants/tenants.ts";
import type { MutationResolvers } from "../../generated/resolvers.ts";
import { changedTenant } from "../tenant-change.ts";

export const createTenant: MutationResolvers["createTenant"] = async (_root, { input }, context) => {
  const { name, displayName = null, description = null, quota = null } = input;
  const made = await create(context.services, context.request, { name, displayName, description, quota });
  return changedTenant(made, context);
};
