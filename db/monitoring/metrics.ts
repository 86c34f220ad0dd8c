import { nodeSeriesMetrics, type NodeSeriesMetric } from "./system-metrics.ts";
import { vmSeriesMetrics, type VmSeriesMetric } from "./vm-metrics.ts";

/** A metric of VMs, of nodes or of both, named as in their series. */
export type Metric = VmSeriesMetric | NodeSeriesMetric;

export const metrics: readonly Metric[] = [...new Set([...vmSeriesMetrics, ...nodeSeriesMetrics])];

/** `loadAverage1m` is `load_average_1m`. */
const snakeCase = (name: string): string => name.replaceAll(/[A-Z]|\d+/g, (part) => `_${part.toLowerCase()}`);

/** Returns the name under which alert rules store a metric: its column in the samples. A rate is stored as its counter. */
export const storedMetricName = (metric: Metric): string => snakeCase(metric).replace(/_per_second$/, "");

const byStoredName: ReadonlyMap<string, Metric> = new Map(metrics.map((metric) => [storedMetricName(metric), metric]));

/** Returns the metric that a rule stores under this name; null for a name that is no metric. */
export const metricStoredAs = (name: string): Metric | null => byStoredName.get(name) ?? null;

/** Returns the metrics by their names in GraphQL: `LOAD_AVERAGE_1M` is `loadAverage1m`. */
export const metricsByGraphqlName = (): Record<string, Metric> =>
  Object.fromEntries(metrics.map((metric) => [snakeCase(metric).toUpperCase(), metric]));
