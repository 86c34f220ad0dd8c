import { bigint, pgTable, text } from "drizzle-orm/pg-core";
import { timestamptz } from "../../columns.ts";
import type { MetricStream } from "./metric-dirty-hours.ts";

/** How far the hourly rollup has come. Each refresh writes it; readers use it to find how fresh the rollup is. */
export const metricRollupWatermarks = pgTable("metric_rollup_watermarks", {
  stream: text("stream").$type<MetricStream>().primaryKey(),
  /** Samples committed before this are in the rollup, unless their hour is still marked dirty. */
  refreshedAt: timestamptz("refreshed_at").notNull(),
  /** The newest hour that was ever rolled up. */
  newestHour: timestamptz("newest_hour"),
  hoursRefreshed: bigint("hours_refreshed", { mode: "number" }).notNull().default(0),
});

export type MetricRollupWatermarkRow = typeof metricRollupWatermarks.$inferSelect;
