import { selects } from "#lib/relay.ts";
import type { TenantResolvers } from "../generated/resolvers.ts";

export const Tenant: TenantResolvers = {
  cloudProviders: ({ id }, args, { loaders }, info) =>
    loaders.providersOfTenant.load(id, args, selects(info, "totalCount")),
  migrations: ({ id }, args, { loaders }, info) =>
    loaders.migrationsOfTenant.load(id, args, selects(info, "totalCount")),
  violations: ({ id }, args, { loaders }, info) =>
    loaders.violationsOfTenant.load(id, args, selects(info, "totalCount")),
  compliancePolicies: ({ id }, args, { loaders }, info) =>
    loaders.policiesOfTenant.load(id, args, selects(info, "totalCount")),
};
