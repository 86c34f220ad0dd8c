import { sql } from "drizzle-orm";
import { check, pgTable, text, uniqueIndex } from "drizzle-orm/pg-core";
import { createdAt, primaryId, timestamptz } from "../../columns.ts";

/**
 * Ranges of history that retention must not drop, whatever their age: what an import added with its original times. A hold belongs to the storage, which keeps
 * all tenants' samples of a day in one place, and so to no tenant.
 */
export const metricRetentionHolds = pgTable(
  "metric_retention_holds",
  {
    id: primaryId(),
    dataset: text("dataset").notNull(),
    heldFrom: timestamptz("held_from").notNull(),
    /** Exclusive. */
    heldTo: timestamptz("held_to").notNull(),
    reason: text("reason").notNull(),
    createdAt: createdAt(),
  },
  (table) => [
    // The same import recorded twice is one hold.
    uniqueIndex("idx_metric_retention_holds_range").on(table.dataset, table.heldFrom, table.heldTo),
    check("metric_retention_holds_range_check", sql`${table.heldFrom} < ${table.heldTo}`),
  ],
);

export type MetricRetentionHoldRow = typeof metricRetentionHolds.$inferSelect;
