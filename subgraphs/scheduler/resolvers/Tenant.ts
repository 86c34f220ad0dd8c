import { selects } from "#lib/relay.ts";
import type { TenantResolvers } from "../generated/resolvers.ts";

export const Tenant: TenantResolvers = {
  schedulingPolicies: ({ id }, args, { loaders }, info) =>
    loaders.policiesOfTenant.load(id, args, selects(info, "totalCount")),
  allocations: ({ id }, args, { loaders }, info) =>
    loaders.allocationsOfTenant.load(id, args, selects(info, "totalCount")),
};
