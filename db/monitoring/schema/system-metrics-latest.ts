import { pgTable, uuid } from "drizzle-orm/pg-core";
import { timestamptz } from "../../columns.ts";
import { nodeMetricColumns, rateColumns, sampleColumns } from "../metric-columns.ts";

/** The newest sample of every node, with the rate of its counters since the sample before; see `vm_metrics_latest`. */
export const systemMetricsLatest = pgTable("system_metrics_latest", {
  nodeId: uuid("node_id").primaryKey(),
  time: timestamptz("time").notNull(),
  /** The previous sample, against which the rates are computed. */
  previousTime: timestamptz("previous_time"),
  ...sampleColumns(nodeMetricColumns),
  ...rateColumns(nodeMetricColumns),
});

export type SystemMetricLatestRow = typeof systemMetricsLatest.$inferSelect;
