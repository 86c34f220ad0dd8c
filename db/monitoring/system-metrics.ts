import { lookup } from "../lookup.ts";
import { seriesOf } from "./metric-series.ts";
import { systemMetricsHourly } from "./schema/system-metrics-hourly.ts";
import { type SystemMetricLatestRow, systemMetricsLatest } from "./schema/system-metrics-latest.ts";
import { systemMetrics } from "./schema/system-metrics.ts";

const gauges = [
  "cpuUsagePercent",
  "memoryUsageBytes",
  "memoryTotalBytes",
  "diskUsageBytes",
  "diskTotalBytes",
  "loadAverage1m",
  "loadAverage5m",
  "loadAverage15m",
  "vmCount",
  "runningVmCount",
] as const;

const rates = ["networkBytesSentPerSecond", "networkBytesRecvPerSecond"] as const;

/** The metrics of a node's series: gauges unchanged, counters as rates. */
export const nodeSeriesMetrics = [...gauges, ...rates] as const;
export type NodeSeriesMetric = (typeof nodeSeriesMetrics)[number];

/** Returns the last sample of each node, read by key and never by a scan. */
export const latestNodeMetrics = lookup<SystemMetricLatestRow>({ table: systemMetricsLatest }, "nodeId");

export const nodeMetricSeries = seriesOf<NodeSeriesMetric>({
  raw: systemMetrics,
  hourly: systemMetricsHourly,
  entity: "nodeId",
  hasTenant: false,
  gauges,
  rates,
});
