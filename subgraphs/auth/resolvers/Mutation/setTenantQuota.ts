import { validId } from "#lib/graphql/arguments.ts";
import { setTenantQuota as set } from "../../tenants/tenants.ts";
import type { MutationResolvers } from "../../generated/resolvers.ts";
import { changedTenant } from "../tenant-change.ts";

export const setTenantQuota: MutationResolvers["setTenantQuota"] = async (_root, { input }, context) => {
  const id = validId(input.tenantId, "input.tenantId");
  return changedTenant(await set(context.services, context.request, id, input.quota), context);
};
