import type { TenantResolvers } from "../generated/resolvers.ts";

export const Tenant: TenantResolvers = {
  schedulingPolicies: ({ id }, args, { loaders }, info) => loaders.policiesOfTenant.load(id, args, info),
  allocations: ({ id }, args, { loaders }, info) => loaders.allocationsOfTenant.load(id, args, info),
};
