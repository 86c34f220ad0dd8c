import { nodeSeriesMetrics } from "#db/monitoring/system-metrics.ts";
import { isoDuration } from "#lib/duration.ts";
import type { NodeMetricSeriesResolvers } from "../generated/resolvers.ts";
import { columnResolvers } from "../metrics/column-resolvers.ts";

export const NodeMetricSeries: NodeMetricSeriesResolvers = {
  step: ({ stepSeconds }) => isoDuration(stepSeconds),
  ...columnResolvers(nodeSeriesMetrics),
};
