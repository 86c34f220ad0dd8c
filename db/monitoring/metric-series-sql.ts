import { type SQL, sql } from "drizzle-orm";
import type { PgTable } from "drizzle-orm/pg-core";
import { columnOf } from "../rows.ts";
import { ofTenant } from "../tenant-predicate.ts";

export type SeriesAggregate = "avg" | "min" | "max" | "count";

/** One stream of samples: its tables, and the metrics of its series. These are named after the columns: gauges like theirs, rates `…PerSecond` of a counter. */
export interface Stream<Metric extends string> {
  raw: PgTable;
  hourly: PgTable;
  entity: "vmId" | "nodeId";
  hasTenant: boolean;
  gauges: readonly Metric[];
  rates: readonly Metric[];
}

/** Between samples that are further apart than this, values are unknown: a rate across such a gap is null. */
const longestGapSeconds = 900;
/** Returns the statement that reads the series of many VMs or nodes. The rollup has hours, the samples any step. */
export function seriesSql<Metric extends string>(
  source: Stream<Metric>,
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
  source: Stream<Metric>,
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
  source: Stream<Metric>,
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
