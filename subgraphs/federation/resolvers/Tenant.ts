import type { TenantResolvers } from "../generated/resolvers.ts";

export const Tenant: TenantResolvers = {
  cloudProviders: ({ id }, args, { loaders }, info) => loaders.providersOfTenant.load(id, args, info),
  migrations: ({ id }, args, { loaders }, info) => loaders.migrationsOfTenant.load(id, args, info),
  violations: ({ id }, args, { loaders }, info) => loaders.violationsOfTenant.load(id, args, info),
  compliancePolicies: ({ id }, args, { loaders }, info) => loaders.policiesOfTenant.load(id, args, info),
};
