import { columnName, type Metrics, metricsOfKind } from "#db/monitoring/metric-columns.ts";

/** The samples of VMs or of nodes. */
export interface MetricStream {
  name: "vm" | "system";
  metrics: Metrics;
}

/** What identifies the source of a sample. */
const keysOf = { vm: ["tenant_id", "vm_id"], system: ["node_id"] } as const;

const lines = (parts: readonly string[]): string => parts.join(",\n      ");

/**
 * Returns the function of the native storage that rolls samples up, as the list of metrics defines it. A migration that adds a metric replaces the function
 * by it, and a test compares it with the function of a migrated database.
 */
export function nativeRollup({ name, metrics }: MetricStream): string {
  const gauges = metricsOfKind(metrics, "gauge").map(columnName);
  const counters = metricsOfKind(metrics, "counter").map(columnName);
  const keys = keysOf[name];
  const common = ["sample_count", "first_time", "last_time"];
  const gaugeColumns = gauges.flatMap((gauge) => ["n", "sum", "min", "max"].map((kept) => `${gauge}_${kept}`));
  const counterColumns = [
    ...counters.flatMap((counter) => [`${counter}_first`, `${counter}_last`]),
    ...counters.map((counter) => `${counter}_growth`),
  ];
  const written = [...common, ...gaugeColumns, ...counterColumns];
  const ofTenant = name === "vm" ? "m.tenant_id = h.tenant_id AND " : "";
  return `CREATE OR REPLACE FUNCTION "refresh_${name}_metrics_hourly"("max_hours" integer DEFAULT 48) RETURNS integer
LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
-- Recomputes the hours that got samples, newest first; returns how many hours, 0 when there is nothing left. The marks that
-- it deletes and the samples that it reads belong to one snapshot.
DECLARE
  started timestamptz;
  hours integer;
  newest timestamptz;
BEGIN
  -- One at a time: of two that compute the same hour, the one with the older snapshot must not write last.
  PERFORM pg_advisory_xact_lock(hashtextextended('novacron.${name}_metrics_hourly', 0));
  started := clock_timestamp();
  WITH taken AS (
    DELETE FROM metric_dirty_hours d WHERE d.stream = '${name}' AND d.hour IN (
      SELECT DISTINCT hour FROM metric_dirty_hours WHERE stream = '${name}' ORDER BY hour DESC LIMIT max_hours)
    RETURNING d.tenant_id, d.hour
  ), hours AS (
    SELECT DISTINCT tenant_id, hour FROM taken
  ), rolled AS (
    SELECT ${keys.map((key) => `m.${key}`).join(", ")}, h.hour, count(*)::int AS sample_count, min(m.time) AS first_time, max(m.time) AS last_time,
      ${lines([
        ...gauges.map(
          (gauge) =>
            `count(m.${gauge})::int AS ${gauge}_n, sum(m.${gauge})::float8 AS ${gauge}_sum,\n        min(m.${gauge}) AS ${gauge}_min, max(m.${gauge}) AS ${gauge}_max`,
        ),
        ...counters.map(
          (counter) => `array_agg(m.${counter} ORDER BY m.time) FILTER (WHERE m.${counter} IS NOT NULL) AS ${counter}`,
        ),
        ...counters.map((counter) => `min(m.${counter}) AS ${counter}_min, max(m.${counter}) AS ${counter}_max`),
      ])}
    FROM hours h JOIN ${name}_metrics m ON ${ofTenant}m.time >= h.hour AND m.time < h.hour + interval '1 hour'
    GROUP BY ${keys.map((key) => `m.${key}`).join(", ")}, h.hour
  ), written AS (
    INSERT INTO ${name}_metrics_hourly AS kept (${[...keys, "hour"].join(", ")}, ${lines(written)})
    SELECT ${[...keys, "hour"].join(", ")}, ${lines([
      ...common,
      ...gaugeColumns,
      ...counters.map((counter) => `${counter}[1], ${counter}[cardinality(${counter})]`),
      // Walking through all values is needed only where a reset shows: the lowest value is not the first, or the highest not the last.
      ...counters.map(
        (counter) =>
          `CASE WHEN ${counter}_min = ${counter}[1] AND ${counter}_max = ${counter}[cardinality(${counter})]\n        THEN ${counter}_max - ${counter}_min ELSE counter_growth(${counter}) END`,
      ),
    ])}
    FROM rolled
    ON CONFLICT (${[...keys, "hour"].join(", ")}) DO UPDATE SET
      ${lines(written.map((column) => `${column} = excluded.${column}`))}
    WHERE excluded.sample_count >= kept.sample_count
  )
  SELECT count(DISTINCT hour)::int, max(hour) INTO hours, newest FROM hours;
  INSERT INTO metric_rollup_watermarks AS mark (stream, refreshed_at, newest_hour, hours_refreshed)
  VALUES ('${name}', started, newest, hours)
  ON CONFLICT (stream) DO UPDATE SET refreshed_at = excluded.refreshed_at,
    newest_hour = greatest(mark.newest_hour, excluded.newest_hour), hours_refreshed = mark.hours_refreshed + excluded.hours_refreshed;
  RETURN hours;
END
$$;`;
}

/** Returns what TimescaleDB's continuous aggregate of the stream selects: the metrics of the first release, because it takes no new columns. */
export function continuousAggregate({ name, metrics }: MetricStream): string {
  const first = firstMetrics(metrics);
  const values = [
    ...metricsOfKind(first, "gauge")
      .map(columnName)
      .map(
        (gauge) =>
          `count(${gauge})::int AS ${gauge}_n, sum(${gauge})::float8 AS ${gauge}_sum,\n    min(${gauge}) AS ${gauge}_min, max(${gauge}) AS ${gauge}_max`,
      ),
    ...metricsOfKind(first, "counter")
      .map(columnName)
      .flatMap((counter) =>
        ["first", "last"].map(
          (end) => `${end}(${counter}, time) FILTER (WHERE ${counter} IS NOT NULL) AS ${counter}_${end}`,
        ),
      ),
  ];
  const keys = keysOf[name].join(", ");
  return `SELECT ${keys}, time_bucket(INTERVAL '1 hour', time) AS hour,
  count(*)::int AS sample_count, min(time) AS first_time, max(time) AS last_time,
  ${values.join(",\n  ")}
FROM "metric_data"."${name}_metrics"
GROUP BY ${keys}, time_bucket(INTERVAL '1 hour', time)
WITH NO DATA;`;
}

/** Returns the metrics of the first release. */
export const firstMetrics = (metrics: Metrics): Metrics =>
  Object.fromEntries(Object.entries(metrics).filter(([, { later }]) => !later));

/** Returns the metrics that were added after it. */
export const laterMetrics = (metrics: Metrics): Metrics =>
  Object.fromEntries(Object.entries(metrics).filter(([, { later }]) => later));
