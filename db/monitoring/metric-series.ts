import type { Tx } from "../client.ts";
import { type Statement, statement } from "../statement.ts";
import { type Metrics, metricsOfKind, ratesOf, type SeriesMetric } from "./metric-columns.ts";
import { type SeriesAggregate, seriesSql, type Stream } from "./metric-series-sql.ts";

export type { SeriesAggregate } from "./metric-series-sql.ts";

/** A range of time in buckets that begin at multiples of `stepSeconds` since 1970 in UTC. */
export interface SeriesQuestion<Metric extends string> {
  from: Date;
  to: Date;
  stepSeconds: number;
  /** The aggregates to compute; no others are computed. */
  aggregates: readonly SeriesAggregate[];
  metrics: readonly Metric[];
}

/** Aligned with the series' times; null where there is a gap. An aggregate that was not requested is null as a whole. */
export type MetricSeriesColumn = Record<SeriesAggregate, (number | null)[] | null>;

export interface MetricSeries<Metric extends string> {
  from: Date;
  to: Date;
  stepSeconds: number;
  /** The source of the computation: samples, or the hourly rollup. */
  tier: "raw" | "hourly";
  times: Date[];
  sampleCount: number[];
  metrics: Partial<Record<Metric, MetricSeriesColumn>>;
}

/** One stream of samples: its tables, and the list of its metrics. */
export interface SeriesSource<M extends Metrics> extends Omit<Stream<string>, "gauges" | "rates"> {
  metrics: M;
}

type Series<Metric extends string> = (
  tx: Tx,
  ids: readonly string[],
  question: SeriesQuestion<Metric>,
) => Promise<MetricSeries<Metric>[]>;

const hour = 3_600;

/**
 * The most plans of one source. Every set of metrics and aggregates is a statement, and each connection keeps the statements that it prepared. Clients choose
 * the sets, so their number is limited. Beyond the limit, a new set uses the statement that computes everything.
 */
const mostPlans = 200;
const allAggregates: readonly SeriesAggregate[] = ["avg", "min", "max", "count"];

/** Returns a function that reads the series of many VMs or nodes in one statement. Steps of whole hours are read from the rollup. */
export function seriesOf<M extends Metrics>({ metrics: list, ...tables }: SeriesSource<M>): Series<SeriesMetric<M>> {
  type Metric = SeriesMetric<M>;
  const source: Stream<Metric> = { ...tables, gauges: metricsOfKind(list, "gauge"), rates: ratesOf(list) };
  const plans = new Map<string, Plan>();
  const all = [...source.gauges, ...source.rates];
  const everything = {
    raw: planOf(source, "raw", all, allAggregates),
    hourly: planOf(source, "hourly", all, allAggregates),
  };
  return async (tx, ids, question) => {
    const { from, to, stepSeconds, aggregates } = question;
    const tier = stepSeconds % hour === 0 ? "hourly" : "raw";
    const metrics = all.filter((metric) => question.metrics.includes(metric));
    const shape = [tier, ...aggregates, ...metrics].join();
    let plan = plans.get(shape);
    if (!plan && plans.size < mostPlans) {
      plan = planOf(source, tier, metrics, aggregates);
      plans.set(shape, plan);
    }
    plan ??= everything[tier];
    const rows = await tx.run(plan.query, {
      ids,
      tenantId: tx.tenantId,
      from: from.toISOString(),
      to: to.toISOString(),
      step: stepSeconds,
    });

    const start = Math.floor(from.getTime() / 1_000 / stepSeconds) * stepSeconds;
    const length = Math.max(0, Math.ceil((to.getTime() / 1_000 - start) / stepSeconds));
    const times = Array.from({ length }, (_, index) => new Date((start + index * stepSeconds) * 1_000));
    const series = ids.map((): MetricSeries<Metric> => ({
      from,
      to,
      stepSeconds,
      tier,
      times,
      sampleCount: Array.from({ length }, () => 0),
      metrics: Object.fromEntries(
        metrics.map((metric) => [metric, emptyColumn(aggregates, length)]),
      ) as MetricSeries<Metric>["metrics"],
    }));
    for (const { number, buckets, samples, columns } of rows) {
      const one = series[number - 1];
      if (!one || !buckets || !samples) continue;
      for (const [at, bucket] of buckets.entries()) one.sampleCount[bucket] = samples[at] ?? 0;
      for (const metric of metrics) {
        for (const aggregate of aggregates) {
          const values = one.metrics[metric]?.[aggregate];
          const found = columns[plan.columns.indexOf(`${metric}_${aggregate}`)];
          if (values && found) for (const [at, bucket] of buckets.entries()) values[bucket] = found[at] ?? null;
        }
      }
    }
    return series;
  };
}

/** A series as columns with one element per bucket that has samples. Reading it is several times cheaper than reading a row per bucket. */
interface SeriesRow {
  number: number;
  /** The indexes of the buckets, counted from the one that contains `from`; null when there is no sample at all. */
  buckets: number[] | null;
  samples: number[] | null;
  /** In the order of the plan's columns. */
  columns: ((number | null)[] | null)[];
}

interface Plan {
  query: Statement<SeriesRow>;
  /** `metric_aggregate` */
  columns: readonly string[];
}

function planOf<Metric extends string>(
  source: Stream<Metric>,
  tier: "raw" | "hourly",
  metrics: readonly Metric[],
  aggregates: readonly SeriesAggregate[],
): Plan {
  return {
    query: statement<SeriesRow>(() => seriesSql(source, tier, metrics, aggregates)),
    columns: metrics.flatMap((metric) => aggregates.map((aggregate) => `${metric}_${aggregate}`)),
  };
}

const emptyColumn = (aggregates: readonly SeriesAggregate[], length: number): MetricSeriesColumn => {
  const column = (aggregate: SeriesAggregate) =>
    aggregates.includes(aggregate) ? Array.from({ length }, () => null) : null;
  return { avg: column("avg"), min: column("min"), max: column("max"), count: column("count") };
};
