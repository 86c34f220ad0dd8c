import { tagList } from "#lib/tags.ts";
import type { AlertRuleResolvers } from "../generated/resolvers.ts";

export const AlertRule: AlertRuleResolvers = {
  tenant: ({ tenantId }) => ({ id: tenantId }),
  labels: ({ labels }) => tagList(labels),
  alerts: ({ id }, args, { loaders }, info) => loaders.alertsOfRule.load(id, args, info),
};
