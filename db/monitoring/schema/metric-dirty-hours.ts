import { sql } from "drizzle-orm";
import { bigint, check, index, pgPolicy, pgRole, pgTable, text, uuid } from "drizzle-orm/pg-core";
import { currentTenant, serviceRole, systemPolicy, timestamptz } from "../../columns.ts";

/** The two streams of samples: of VMs and of nodes. */
export const metricStreams = ["vm", "system"] as const;
export type MetricStream = (typeof metricStreams)[number];

/**
 * Marks of hours that got samples since their rollup was computed. Every batch appends its own marks in its own transaction and never changes those of another.
 * A refresh deletes exactly the marks that it sees. So the mark of a batch that commits later survives it, and batches never wait for each other.
 */
export const metricDirtyHours = pgTable(
  "metric_dirty_hours",
  {
    id: bigint("id", { mode: "number" }).primaryKey().generatedAlwaysAsIdentity(),
    stream: text("stream").$type<MetricStream>().notNull(),
    /** Null for samples of nodes. */
    tenantId: uuid("tenant_id"),
    hour: timestamptz("hour").notNull(),
  },
  (table) => [
    // The newest hours that wait for a refresh.
    index("idx_metric_dirty_hours_stream_hour").on(table.stream, table.hour),
    check("metric_dirty_hours_stream_check", sql`(${table.stream} = 'vm') = (${table.tenantId} is not null)`),
    pgPolicy("tenant_isolation", {
      for: "insert",
      to: pgRole(serviceRole("monitoring")).existing(),
      withCheck: sql`${table.tenantId} is null or ${table.tenantId} = ${currentTenant}`,
    }),
    systemPolicy("monitoring"),
  ],
);

export type MetricDirtyHourRow = typeof metricDirtyHours.$inferSelect;
