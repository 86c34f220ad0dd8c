import { integer, pgTable, primaryKey, uuid } from "drizzle-orm/pg-core";
import { timestamptz } from "../../columns.ts";
import { hourlyColumns, nodeMetricColumns } from "../metric-columns.ts";

/** One row per node and hour (UTC); see `vm_metrics_hourly`. */
export const systemMetricsHourly = pgTable(
  "system_metrics_hourly",
  {
    nodeId: uuid("node_id").notNull(),
    hour: timestamptz("hour").notNull(),
    sampleCount: integer("sample_count").notNull(),
    firstTime: timestamptz("first_time").notNull(),
    lastTime: timestamptz("last_time").notNull(),
    ...hourlyColumns(nodeMetricColumns),
  },
  (table) => [primaryKey({ columns: [table.nodeId, table.hour] })],
);
