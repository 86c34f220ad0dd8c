import { bigint, doublePrecision, integer, type PgColumnBuilderBase } from "drizzle-orm/pg-core";

export type MetricUnit = "percent" | "bytes" | "packets" | "operations" | "processes" | "vms" | "degrees Celsius";

/** One metric that an agent reports. */
export interface Metric {
  /** A gauge is read unchanged. A counter only grows until its source restarts, and is read as a rate. */
  kind: "gauge" | "counter";
  unit: MetricUnit;
  /** Declares the column of a sample. */
  column: (name: string) => PgColumnBuilderBase;
  /** Set for a metric that was added after the first release: TimescaleDB's continuous aggregates, which take no new columns, do not have it. */
  later?: true;
}

export type Metrics = Readonly<Record<string, Metric>>;

const real = (name: string) => doublePrecision(name);
const whole = (name: string) => bigint(name, { mode: "number" });
const count = (name: string) => integer(name);

const gauge = <Build extends Metric["column"]>(unit: MetricUnit, column: Build) =>
  ({ kind: "gauge", unit, column }) as const;
const counter = (unit: MetricUnit) => ({ kind: "counter", unit, column: whole }) as const;

/**
 * What an agent reports of one VM. The columns of samples, of last values and of the hourly rollup, the metrics of a series and the fields of the schema are
 * all named after this list. A new metric goes to the end: docs/adding-a-metric.md.
 */
export const vmMetricColumns = {
  /** Of the provisioned cores; more than 100 when the hypervisor lends idle time. */
  cpuUsagePercent: gauge("percent", real),
  memoryUsageBytes: gauge("bytes", whole),
  memoryAvailableBytes: gauge("bytes", whole),
  networkBytesSent: counter("bytes"),
  networkBytesRecv: counter("bytes"),
  networkPacketsSent: counter("packets"),
  networkPacketsRecv: counter("packets"),
  diskReadBytes: counter("bytes"),
  diskWriteBytes: counter("bytes"),
  diskReadOps: counter("operations"),
  diskWriteOps: counter("operations"),
  diskUsageBytes: gauge("bytes", whole),
  diskAvailableBytes: gauge("bytes", whole),
  /** Runnable processes. */
  loadAverage: gauge("processes", real),
  processCount: gauge("processes", count),
  temperatureCelsius: gauge("degrees Celsius", real),
} as const satisfies Metrics;

/** What an agent reports of one node. */
export const nodeMetricColumns = {
  /** Of all cores of the node. */
  cpuUsagePercent: gauge("percent", real),
  memoryUsageBytes: gauge("bytes", whole),
  memoryTotalBytes: gauge("bytes", whole),
  diskUsageBytes: gauge("bytes", whole),
  diskTotalBytes: gauge("bytes", whole),
  networkBytesSent: counter("bytes"),
  networkBytesRecv: counter("bytes"),
  /** Runnable processes over one minute, five and fifteen. */
  loadAverage1m: gauge("processes", real),
  loadAverage5m: gauge("processes", real),
  loadAverage15m: gauge("processes", real),
  /** VMs placed on the node. */
  vmCount: gauge("vms", count),
  /** VMs running on the node. */
  runningVmCount: gauge("vms", count),
} as const satisfies Metrics;

/** What the hourly rollup keeps of a gauge: of the samples that have it their number, and the sum, minimum and maximum of their values. */
const gaugeAggregates = ["n", "sum", "min", "max"] as const;
/** What it keeps of a counter: the first value, the last, and the growth in between, resets included. */
const counterAggregates = ["first", "last", "growth"] as const;

type NameOf<M extends Metrics, Kind extends Metric["kind"]> = {
  [Name in keyof M]: M[Name]["kind"] extends Kind ? Name : never;
}[keyof M] &
  string;

/** The metrics of a series: gauges by their names, and the rates of counters. */
export type SeriesMetric<M extends Metrics> = NameOf<M, "gauge"> | `${NameOf<M, "counter">}PerSecond`;

/** Returns the names of the metrics of one kind, in the order of the list. */
export const metricsOfKind = <M extends Metrics, Kind extends Metric["kind"]>(metrics: M, kind: Kind) =>
  Object.keys(metrics).filter((name) => metrics[name]?.kind === kind) as NameOf<M, Kind>[];

/** Returns the names of a counter's rates. */
export const ratesOf = <M extends Metrics>(metrics: M) =>
  metricsOfKind(metrics, "counter").map((name): `${NameOf<M, "counter">}PerSecond` => `${name}PerSecond`);

/** Returns the metrics of a series. */
export const seriesMetrics = <M extends Metrics>(metrics: M): readonly SeriesMetric<M>[] => [
  ...metricsOfKind(metrics, "gauge"),
  ...ratesOf(metrics),
];

/** Returns the name of a metric's column. */
export const columnName = (metric: string): string => metric.replace(/[A-Z]|\d+/g, "_$&").toLowerCase();

/** Returns the columns of a sample, one for each metric. */
export const sampleColumns = <M extends Metrics>(metrics: M) =>
  Object.fromEntries(Object.entries(metrics).map(([metric, { column }]) => [metric, column(columnName(metric))])) as {
    [Name in keyof M]: ReturnType<M[Name]["column"]>;
  };

/** Returns the columns of last values that hold the rate of each counter since the previous sample. */
export const rateColumns = <M extends Metrics>(metrics: M) =>
  Object.fromEntries(
    metricsOfKind(metrics, "counter").map((name) => [`${name}PerSecond`, real(`${columnName(name)}_per_second`)]),
  ) as Record<`${NameOf<M, "counter">}PerSecond`, ReturnType<typeof real>>;

/** Returns the columns of the hourly rollup, whose names are those of the metric with the aggregate: `cpuUsagePercentSum`. */
export const hourlyColumns = (metrics: Metrics): Record<string, PgColumnBuilderBase> =>
  Object.fromEntries(
    Object.entries(metrics).flatMap(([metric, { kind, column }]) => {
      const name = (aggregate: string) => `${columnName(metric)}_${aggregate}`;
      const property = (aggregate: string) => `${metric}${aggregate.charAt(0).toUpperCase()}${aggregate.slice(1)}`;
      if (kind === "counter") return counterAggregates.map((each) => [property(each), column(name(each))]);
      const builders = { n: (n: string) => count(n).notNull(), sum: real, min: column, max: column };
      return gaugeAggregates.map((each) => [property(each), builders[each](name(each))]);
    }),
  );
