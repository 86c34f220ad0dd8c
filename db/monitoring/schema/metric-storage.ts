import { sql } from "drizzle-orm";
import { boolean, check, pgTable, text } from "drizzle-orm/pg-core";
import { timestamptz } from "../../columns.ts";
import { metricStorageEngine } from "./enums.ts";

/** One row: the engine that the migration chose for metrics. It never changes in a database. */
export const metricStorage = pgTable(
  "metric_storage",
  {
    singleton: boolean("singleton").primaryKey().default(true),
    engine: metricStorageEngine("engine").notNull(),
    extensionVersion: text("extension_version"),
    chosenAt: timestamptz("chosen_at").notNull().defaultNow(),
  },
  (table) => [check("metric_storage_singleton_check", sql`${table.singleton}`)],
);

export type MetricStorageRow = typeof metricStorage.$inferSelect;
