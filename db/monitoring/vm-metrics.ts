import { lookup } from "../lookup.ts";
import { type SeriesMetric, seriesMetrics, vmMetricColumns } from "./metric-columns.ts";
import { type MetricSeries, seriesOf } from "./metric-series.ts";
import { type VmMetricLatestRow, vmMetricsLatest } from "./schema/vm-metrics-latest.ts";
import { vmMetricsHourly } from "./schema/vm-metrics-hourly.ts";
import { vmMetrics } from "./schema/vm-metrics.ts";

/** The metrics of a VM's series: gauges unchanged, counters as rates. */
export const vmSeriesMetrics = seriesMetrics(vmMetricColumns);
export type VmSeriesMetric = SeriesMetric<typeof vmMetricColumns>;
export type VmSeries = MetricSeries<VmSeriesMetric>;

/** Returns the last sample of each VM, read by key and never by a scan. */
export const latestVmMetrics = lookup<VmMetricLatestRow>({ table: vmMetricsLatest }, "vmId");

export const vmMetricSeries = seriesOf({
  raw: vmMetrics,
  hourly: vmMetricsHourly,
  entity: "vmId",
  hasTenant: true,
  metrics: vmMetricColumns,
});
