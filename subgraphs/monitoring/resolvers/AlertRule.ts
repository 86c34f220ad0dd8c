import { metricStoredAs } from "#db/monitoring/metrics.ts";
import { tagList } from "#lib/tags.ts";
import type { AlertRuleResolvers } from "../generated/resolvers.ts";

export const AlertRule: AlertRuleResolvers = {
  metric: ({ metricName }) => metricStoredAs(metricName),
  labels: ({ labels }) => tagList(labels),
};
