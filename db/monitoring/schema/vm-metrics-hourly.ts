import { sql } from "drizzle-orm";
import { bigint, doublePrecision, integer, pgTable, primaryKey, uuid } from "drizzle-orm/pg-core";
import { systemPolicy, tenantId, tenantPolicy, timestamptz } from "../../columns.ts";
import { hourlyColumns, vmMetricColumns } from "../metric-columns.ts";

/**
 * One row per VM and hour (UTC), recomputed from the raw samples of hours that got new ones, and kept when the raw samples are dropped. For a gauge it keeps n,
 * sum, min and max of the samples that had it. For a counter it keeps the first and the last value and the growth in between, resets included. Growth is null
 * in hours that were rolled up before the column existed; there, a reset is visible only when the last value is below the first.
 *
 * On TimescaleDB this is a view over a continuous aggregate with the same columns. Growth is always null in that view.
 */
export const vmMetricsHourly = pgTable(
  "vm_metrics_hourly",
  {
    tenantId: tenantId(),
    vmId: uuid("vm_id").notNull(),
    hour: timestamptz("hour").notNull(),
    sampleCount: integer("sample_count").notNull(),
    firstTime: timestamptz("first_time").notNull(),
    lastTime: timestamptz("last_time").notNull(),
    ...hourlyColumns(vmMetricColumns),
    /** The seed's name; percent. */
    avgCpu: doublePrecision("avg_cpu").generatedAlwaysAs(sql`cpu_usage_percent_sum / nullif(cpu_usage_percent_n, 0)`),
    /** The seed's name; bytes. */
    maxMemory: bigint("max_memory", { mode: "number" }).generatedAlwaysAs(sql`memory_usage_bytes_max`),
    /** The seed's name. Bytes per second over the hour's samples: the column is a counter, whose average means nothing. */
    avgNetworkSent: doublePrecision("avg_network_sent").generatedAlwaysAs(
      sql`coalesce(network_bytes_sent_growth, network_bytes_sent_last - case when network_bytes_sent_last >= network_bytes_sent_first then network_bytes_sent_first else 0 end) / nullif(extract(epoch from last_time - first_time)::double precision, 0)`,
    ),
  },
  (table) => [
    primaryKey({ columns: [table.tenantId, table.vmId, table.hour] }),
    tenantPolicy("monitoring", table.tenantId),
    systemPolicy("monitoring"),
  ],
);
