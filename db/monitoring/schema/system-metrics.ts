import { index, pgTable, uniqueIndex, uuid } from "drizzle-orm/pg-core";
import { timestamptz } from "../../columns.ts";
import { nodeMetricColumns, sampleColumns } from "../metric-columns.ts";

/** Raw samples of nodes. Nodes are shared infrastructure, so there is no tenant. The graph restricts access by role. */
export const systemMetrics = pgTable(
  "system_metrics",
  {
    time: timestamptz("time").notNull(),
    nodeId: uuid("node_id").notNull(),
    ...sampleColumns(nodeMetricColumns),
  },
  (table) => [
    // Idempotent ingest (ON CONFLICT) and every series read: one node, a time range, newest first.
    uniqueIndex("idx_system_metrics_node_id_time").on(table.nodeId, table.time.desc().nullsFirst()),
    // The rollup of one hour over all nodes.
    index("idx_system_metrics_time").on(table.time.desc().nullsFirst()),
  ],
);

export type SystemMetricRow = typeof systemMetrics.$inferSelect;
