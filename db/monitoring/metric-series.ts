import { type SQL, sql } from "drizzle-orm";
import type { PgTable } from "drizzle-orm/pg-core";
import type { Tx } from "../client.ts";
import { columnOf } from "../rows.ts";
import { type Statement, statement } from "../statement.ts";
import { ofTenant } from "../tenant-predicate.ts";

export type SeriesAggregate = "avg" | "min" | "max" | "count";

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

/** One stream of samples: its tables, and how its metrics are named after their columns. */
export interface SeriesSource<Metric extends string> {
  raw: PgTable;
  hourly: PgTable;
  entity: "vmId" | "nodeId";
  hasTenant: boolean;
  /** Metrics that are read unchanged. */
  gauges: readonly Metric[];
  /** `…PerSecond` of a column that counts up until it is reset. */
  rates: readonly Metric[];
}

type Series<Metric extends string> = (
  tx: Tx,
  ids: readonly string[],
  question: SeriesQuestion<Metric>,
) => Promise<MetricSeries<Metric>[]>;

/** Between samples that are further apart than this, values are unknown: a rate across such a gap is null. */
const longestGapSeconds = 900;
const hour = 3_600;

/**
 * The most plans of one source. Every set of metrics and aggregates is a statement, and each connection keeps the statements that it prepared. Clients choose
 * the sets, so their number is limited. Beyond the limit, a new set uses the statement that computes everything.
 */
const mostPlans = 200;
const allAggregates: readonly SeriesAggregate[] = ["avg", "min", "max", "count"];

/** Returns a function that reads the series of many VMs or nodes in one statement. Steps of whole hours are read from the rollup. */
export function seriesOf<Metric extends string>(source: SeriesSource<Metric>): Series<Metric> {
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
  source: SeriesSource<Metric>,
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

function seriesSql<Metric extends string>(
  source: SeriesSource<Metric>,
  tier: "raw" | "hourly",
  metrics: readonly Metric[],
  aggregates: readonly SeriesAggregate[],
): SQL {
  const rates = metrics.filter((metric) => source.rates.includes(metric));
  const gauges = metrics.filter((metric) => source.gauges.includes(metric));
  const table = tier === "raw" ? source.raw : source.hourly;
  const tenant = source.hasTenant ? sql`and ${ofTenant(columnOf(table, "tenantId"))}` : sql``;
  const entity = sql.identifier(columnOf(source.raw, source.entity).name);
  const parts = tier === "raw" ? rawParts(source, gauges, rates) : hourlyParts(source, gauges, rates);
  const values = metrics.flatMap((metric) =>
    aggregates.map(
      (aggregate) => sql`${parts.aggregate(metric, aggregate)}::float8 as ${sql.identifier(`${metric}_${aggregate}`)}`,
    ),
  );
  const inner = rates.length > 0 ? parts.counters : [];
  const step = sql`${sql.placeholder("step")}::int`;
  const bucketOf = (time: SQL) => sql`floor(date_part('epoch', ${time}) / ${step})`;
  const columns = metrics.flatMap((metric) =>
    aggregates.map((aggregate) => sql`json_agg(bucket.${name(metric, aggregate)})`),
  );
  // One scan for all entities, not one for each. Where the planner has no statistics of a partition that was filled a moment ago, its worst plan then reads the
  // tenant's span once.
  return sql`
    select entity.number::int as number, series.buckets, series.samples, series.columns
    from unnest(${sql.placeholder("ids")}::uuid[]) with ordinality as entity (id, number)
    join (
      select bucket.entity, json_agg(bucket.bucket) as buckets, json_agg(bucket.samples) as samples,
        json_build_array(${list(columns)}) as columns
      from (
        select sample.entity, (${bucketOf(sql`sample.at`)} - ${bucketOf(from)})::int as bucket,
          ${list([sql`${parts.samples}::int as samples`, ...values])}
        from (
          select ${list([sql`${entity} as entity, ${parts.time} as at`, ...parts.own, ...inner])}
          from ${table}
          where ${entity} = any(${sql.placeholder("ids")}::uuid[]) ${tenant} and ${parts.time} >= ${parts.since}
            and ${parts.time} < ${sql.placeholder("to")}::text::timestamptz
          window before as (partition by ${entity} order by ${parts.time})
        ) as sample
        where sample.at >= ${parts.first}
        group by 1, 2
      ) as bucket
      group by bucket.entity
    ) as series on series.entity = entity.id`;
}

interface TierParts {
  /** The column that assigns a row to a bucket. */
  time: SQL;
  /** Where reading begins (one gap early, for the first rate), and where the result begins. */
  since: SQL;
  first: SQL;
  /** Columns of the inner select that need no other row, and columns that need the previous row. */
  own: SQL[];
  counters: SQL[];
  samples: SQL;
  aggregate(metric: string, aggregate: SeriesAggregate): SQL;
}

const from = sql`${sql.placeholder("from")}::text::timestamptz`;
const gap = sql.raw(`interval '${longestGapSeconds} seconds'`);
const name = (...parts: string[]) => sql.identifier(parts.join("_"));

function rawParts<Metric extends string>(
  source: SeriesSource<Metric>,
  gauges: readonly Metric[],
  rates: readonly Metric[],
): TierParts {
  const column = (property: string) => sql.identifier(columnOf(source.raw, property).name);
  return {
    time: sql`"time"`,
    since: sql`${from} - ${gap}`,
    first: from,
    own: gauges.map((metric) => sql`${column(metric)} as ${name(metric)}`),
    counters: rates.flatMap((metric) => {
      const counter = column(metric.replace(/PerSecond$/, ""));
      const earlier = sql`lag(${counter}) over before`;
      const known = sql`${counter} is not null and ${earlier} is not null and "time" - lag("time") over before <= ${gap}`;
      return [
        // A counter that decreased was reset: its value was counted since then.
        sql`case when ${known} then (${counter} - case when ${counter} >= ${earlier} then ${earlier} else 0 end)::float8 end as ${name(metric, "grown")}`,
        sql`case when ${known} then date_part('epoch', "time" - lag("time") over before) end as ${name(metric, "seconds")}`,
      ];
    }),
    samples: sql`count(*)`,
    aggregate: (metric, aggregate) => {
      if ((gauges as readonly string[]).includes(metric)) return sql`${sql.raw(aggregate)}(sample.${name(metric)})`;
      const grown = sql`sample.${name(metric, "grown")}`;
      const seconds = sql`sample.${name(metric, "seconds")}`;
      if (aggregate === "avg") return sql`sum(${grown}) / nullif(sum(${seconds}), 0)`;
      return sql`${sql.raw(aggregate)}(${grown} / nullif(${seconds}, 0))`;
    },
  };
}

/** The rollup keeps, for each hour, n, sum, min and max of a gauge, and the growth, first and last value of a counter. */
function hourlyParts<Metric extends string>(
  source: SeriesSource<Metric>,
  gauges: readonly Metric[],
  rates: readonly Metric[],
): TierParts {
  const column = (property: string) => columnOf(source.raw, property).name;
  return {
    time: sql`"hour"`,
    since: sql`date_trunc('hour', ${from}, 'UTC') - interval '1 hour'`,
    first: sql`date_trunc('hour', ${from}, 'UTC')`,
    own: [
      sql`sample_count`,
      ...gauges.flatMap((metric) =>
        ["n", "sum", "min", "max"].map((kept) => sql`${name(column(metric), kept)} as ${name(metric, kept)}`),
      ),
    ],
    counters: rates.flatMap((metric) => {
      const counter = column(metric.replace(/PerSecond$/, ""));
      const first = name(counter, "first");
      const last = name(counter, "last");
      const earlier = sql`lag(${last}) over before`;
      const joined = sql`${earlier} is not null and first_time - lag(last_time) over before <= ${gap}`;
      return [
        sql`coalesce(${name(counter, "growth")}, ${last} - case when ${last} >= ${first} then ${first} else 0 end)
          + case when ${joined} then ${first} - case when ${first} >= ${earlier} then ${earlier} else 0 end else 0 end as ${name(metric, "grown")}`,
        sql`extract(epoch from last_time - case when ${joined} then lag(last_time) over before else first_time end)::float8 as ${name(metric, "seconds")}`,
      ];
    }),
    samples: sql`sum(sample_count)`,
    aggregate: (metric, aggregate) => {
      if ((gauges as readonly string[]).includes(metric)) {
        if (aggregate === "avg")
          return sql`sum(sample.${name(metric, "sum")}) / nullif(sum(sample.${name(metric, "n")}), 0)`;
        if (aggregate === "count") return sql`sum(sample.${name(metric, "n")})`;
        return sql`${sql.raw(aggregate)}(sample.${name(metric, aggregate)})`;
      }
      const grown = sql`sample.${name(metric, "grown")}`;
      const seconds = sql`nullif(sample.${name(metric, "seconds")}, 0)`;
      if (aggregate === "avg")
        return sql`sum(${grown}) filter (where ${seconds} is not null) / nullif(sum(${seconds}), 0)`;
      return sql`${sql.raw(aggregate)}(${grown} / ${seconds})`;
    },
  };
}

const list = (parts: readonly SQL[]): SQL => sql.join([...parts], sql`, `);
