import { lookup } from "../lookup.ts";
import { nodeMetricColumns, type SeriesMetric, seriesMetrics } from "./metric-columns.ts";
import { seriesOf } from "./metric-series.ts";
import { systemMetricsHourly } from "./schema/system-metrics-hourly.ts";
import { type SystemMetricLatestRow, systemMetricsLatest } from "./schema/system-metrics-latest.ts";
import { systemMetrics } from "./schema/system-metrics.ts";

/** The metrics of a node's series: gauges unchanged, counters as rates. */
export const nodeSeriesMetrics = seriesMetrics(nodeMetricColumns);
export type NodeSeriesMetric = SeriesMetric<typeof nodeMetricColumns>;

/** Returns the last sample of each node, read by key and never by a scan. */
export const latestNodeMetrics = lookup<SystemMetricLatestRow>({ table: systemMetricsLatest }, "nodeId");

export const nodeMetricSeries = seriesOf({
  raw: systemMetrics,
  hourly: systemMetricsHourly,
  entity: "nodeId",
  hasTenant: false,
  metrics: nodeMetricColumns,
});
