import { lookup } from "../lookup.ts";
import { type MetricSeries, seriesOf } from "./metric-series.ts";
import { type VmMetricLatestRow, vmMetricsLatest } from "./schema/vm-metrics-latest.ts";
import { vmMetricsHourly } from "./schema/vm-metrics-hourly.ts";
import { vmMetrics } from "./schema/vm-metrics.ts";

const gauges = [
  "cpuUsagePercent",
  "memoryUsageBytes",
  "memoryAvailableBytes",
  "diskUsageBytes",
  "diskAvailableBytes",
  "loadAverage",
  "processCount",
  "temperatureCelsius",
] as const;

const rates = [
  "networkBytesSentPerSecond",
  "networkBytesRecvPerSecond",
  "networkPacketsSentPerSecond",
  "networkPacketsRecvPerSecond",
  "diskReadBytesPerSecond",
  "diskWriteBytesPerSecond",
  "diskReadOpsPerSecond",
  "diskWriteOpsPerSecond",
] as const;

/** The metrics of a VM's series: gauges unchanged, counters as rates. */
export const vmSeriesMetrics = [...gauges, ...rates] as const;
export type VmSeriesMetric = (typeof vmSeriesMetrics)[number];
export type VmSeries = MetricSeries<VmSeriesMetric>;

/** Returns the last sample of each VM, read by key and never by a scan. */
export const latestVmMetrics = lookup<VmMetricLatestRow>({ table: vmMetricsLatest }, "vmId");

export const vmMetricSeries = seriesOf<VmSeriesMetric>({
  raw: vmMetrics,
  hourly: vmMetricsHourly,
  entity: "vmId",
  hasTenant: true,
  gauges,
  rates,
});
