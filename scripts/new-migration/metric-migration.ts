import { getTableColumns } from "drizzle-orm";
import { pgTable, type PgColumnBuilderBase } from "drizzle-orm/pg-core";
import {
  columnName,
  hourlyColumns,
  type Metrics,
  metricsOfKind,
  rateColumns,
  sampleColumns,
} from "#db/monitoring/metric-columns.ts";
import { firstMetrics, laterMetrics, type MetricStream, nativeRollup } from "./metric-rollup.ts";

/** The statements that add metrics, for each way in which the monitoring database stores samples. */
export interface MetricMigration {
  native: string[];
  timescale: string[];
}

/** Returns the statements that add metrics to a stream. @param stream with all of its metrics, those that are added at the end */
export function metricMigration(stream: MetricStream, added: Metrics): MetricMigration {
  const table = `${stream.name}_metrics`;
  const latest = [
    ...addColumns(`"${table}_latest"`, sampleColumns(added)),
    ...addColumns(`"${table}_latest"`, rateColumns(added)),
  ];
  return {
    native: [
      ...addColumns(`"${table}"`, sampleColumns(added)),
      ...latest,
      ...addColumns(`"${table}_hourly"`, hourlyColumns(added)),
      nativeRollup(stream),
    ],
    timescale: [
      ...addColumns(`"metric_data"."${table}"`, sampleColumns(added)),
      ...latest,
      timescaleSamples(stream),
      timescaleHourly(stream),
    ],
  };
}

const columnsOf = (columns: Record<string, PgColumnBuilderBase>) =>
  Object.values(getTableColumns(pgTable("metrics", columns)));

function addColumns(table: string, columns: Record<string, PgColumnBuilderBase>): string[] {
  return columnsOf(columns).flatMap((column) => {
    const added = `ALTER TABLE ${table} ADD COLUMN "${column.name}" ${column.getSQLType()}`;
    // The rows that exist have no sample with the metric.
    if (!column.notNull) return [`${added};`];
    return [`${added} NOT NULL DEFAULT 0;`, `ALTER TABLE ${table} ALTER COLUMN "${column.name}" DROP DEFAULT;`];
  });
}

const ofTenant = `WHERE tenant_id = (SELECT nullif(current_setting('app.tenant_id', true), '')::uuid)
  OR (SELECT current_user = 'novacron_monitoring_system')`;

/** Returns the view through which services read and write samples on TimescaleDB. */
export const timescaleSamples = ({ name }: MetricStream): string =>
  name === "vm"
    ? `CREATE OR REPLACE VIEW "vm_metrics" WITH (security_barrier = true) AS
SELECT * FROM "metric_data"."vm_metrics"
${ofTenant}
WITH CASCADED CHECK OPTION;`
    : `CREATE OR REPLACE VIEW "system_metrics" AS SELECT * FROM "metric_data"."system_metrics";`;

/**
 * Returns the view through which services read the hourly rollup on TimescaleDB. The continuous aggregate takes no new columns and sees no neighbouring rows:
 * growth, and metrics that were added after the first release, are unknown in it.
 */
export function timescaleHourly({ name, metrics }: MetricStream): string {
  const columns = [
    ...(name === "vm" ? seedColumns : []),
    ...metricsOfKind(firstMetrics(metrics), "counter").map(
      (counter) => `NULL::bigint AS ${columnName(counter)}_growth`,
    ),
    ...columnsOf(hourlyColumns(laterMetrics(metrics))).map(
      (column) => `${column.notNull ? "0" : "NULL"}::${column.getSQLType()} AS ${column.name}`,
    ),
  ];
  const rest = `SELECT *,\n  ${columns.join(",\n  ")}\nFROM "metric_data"."${name}_metrics_hourly"`;
  return name === "vm"
    ? `CREATE OR REPLACE VIEW "vm_metrics_hourly" WITH (security_barrier = true) AS\n${rest}\n${ofTenant};`
    : `CREATE OR REPLACE VIEW "system_metrics_hourly" AS\n${rest};`;
}

/** The names of the seed; `db/monitoring/schema/vm-metrics-hourly.ts` describes them. */
const seedColumns = [
  "cpu_usage_percent_sum / nullif(cpu_usage_percent_n, 0) AS avg_cpu",
  "memory_usage_bytes_max AS max_memory",
  `(network_bytes_sent_last - CASE WHEN network_bytes_sent_last >= network_bytes_sent_first THEN network_bytes_sent_first ELSE 0 END)
    / nullif(extract(epoch FROM last_time - first_time)::double precision, 0) AS avg_network_sent`,
];
