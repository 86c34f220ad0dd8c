import { metricStoredAs } from "#db/monitoring/metrics.ts";
import { tagList } from "#lib/tags.ts";
import type { AlertRuleResolvers } from "../generated/resolvers.ts";

export const AlertRule: AlertRuleResolvers = {
  tenant: ({ tenantId }) => ({ id: tenantId }),
  metric: ({ metricName }) => metricStoredAs(metricName),
  labels: ({ labels }) => tagList(labels),
  alerts: ({ id }, args, { loaders }, info) => loaders.alertsOfRule.load(id, args, info),
};
