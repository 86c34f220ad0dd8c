import { vmSeriesMetrics } from "#db/monitoring/vm-metrics.ts";
import { isoDuration } from "#lib/duration.ts";
import type { VmMetricSeriesResolvers } from "../generated/resolvers.ts";
import { columnResolvers } from "../metrics/column-resolvers.ts";

export const VmMetricSeries: VmMetricSeriesResolvers = {
  step: ({ stepSeconds }) => isoDuration(stepSeconds),
  ...columnResolvers(vmSeriesMetrics),
};
