import {
  bigint,
  doublePrecision,
  index,
  integer,
  pgTable,
  uniqueIndex,
  uuid,
  type PgColumnBuilderBase,
} from "drizzle-orm/pg-core";
import { timestamptz } from "../../columns.ts";

const bytes = (name: string) => bigint(name, { mode: "number" });

/** What an agent reports of one node; `system_metrics` and `system_metrics_latest` hold the same columns. */
export const systemMetricColumns = () =>
  ({
    /** Gauge. Percent of all cores of the node. */
    cpuUsagePercent: doublePrecision("cpu_usage_percent"),
    /** Gauge, bytes. */
    memoryUsageBytes: bytes("memory_usage_bytes"),
    /** Gauge, bytes. */
    memoryTotalBytes: bytes("memory_total_bytes"),
    /** Gauge, bytes. */
    diskUsageBytes: bytes("disk_usage_bytes"),
    /** Gauge, bytes. */
    diskTotalBytes: bytes("disk_total_bytes"),
    /** Counter, bytes. */
    networkBytesSent: bytes("network_bytes_sent"),
    /** Counter, bytes. */
    networkBytesRecv: bytes("network_bytes_recv"),
    /** Gauge, runnable processes over one minute. */
    loadAverage1m: doublePrecision("load_average_1m"),
    /** Gauge, runnable processes over five minutes. */
    loadAverage5m: doublePrecision("load_average_5m"),
    /** Gauge, runnable processes over fifteen minutes. */
    loadAverage15m: doublePrecision("load_average_15m"),
    /** Gauge. VMs placed on the node. */
    vmCount: integer("vm_count"),
    /** Gauge. VMs running on the node. */
    runningVmCount: integer("running_vm_count"),
  }) satisfies Record<string, PgColumnBuilderBase>;

/** Raw samples of nodes. Nodes are shared infrastructure, so there is no tenant. The graph restricts access by role. */
export const systemMetrics = pgTable(
  "system_metrics",
  {
    time: timestamptz("time").notNull(),
    nodeId: uuid("node_id").notNull(),
    ...systemMetricColumns(),
  },
  (table) => [
    // Idempotent ingest (ON CONFLICT) and every series read: one node, a time range, newest first.
    uniqueIndex("idx_system_metrics_node_id_time").on(table.nodeId, table.time.desc().nullsFirst()),
    // The rollup of one hour over all nodes.
    index("idx_system_metrics_time").on(table.time.desc().nullsFirst()),
  ],
);

export type SystemMetricRow = typeof systemMetrics.$inferSelect;
