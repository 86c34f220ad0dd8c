import { selects } from "#lib/relay.ts";
import type { TenantResolvers } from "../generated/resolvers.ts";

export const Tenant: TenantResolvers = {
  alertRules: ({ id }, args, { loaders }, info) =>
    loaders.alertRulesOfTenant.load(id, args, selects(info, "totalCount")),
  alerts: ({ id }, args, { loaders }, info) => loaders.alertsOfTenant.load(id, args, selects(info, "totalCount")),
};
