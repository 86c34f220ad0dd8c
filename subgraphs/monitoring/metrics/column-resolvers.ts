import type { MetricSeries, MetricSeriesColumn } from "#db/monitoring/metric-series.ts";

type ColumnResolver<Metric extends string> = (series: MetricSeries<Metric>) => MetricSeriesColumn | null;

/** Returns one resolver per metric of a series. It resolves with the metric's column, or null when the column was not computed. */
export function columnResolvers<const Metric extends string>(
  metrics: readonly Metric[],
): Record<Metric, ColumnResolver<Metric>> {
  return Object.fromEntries(
    metrics.map((metric) => [metric, (series: MetricSeries<Metric>) => series.metrics[metric] ?? null]),
  ) as Record<Metric, ColumnResolver<Metric>>;
}
