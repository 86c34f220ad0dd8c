import type { TenantResolvers } from "../generated/resolvers.ts";

export const Tenant: TenantResolvers = {
  alertRules: ({ id }, args, { loaders }, info) => loaders.alertRulesOfTenant.load(id, args, info),
  alerts: ({ id }, args, { loaders }, info) => loaders.alertsOfTenant.load(id, args, info),
};
