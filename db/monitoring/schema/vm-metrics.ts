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
import { systemPolicy, tenantId, tenantPolicy, timestamptz } from "../../columns.ts";

const bytes = (name: string) => bigint(name, { mode: "number" });

/**
 * What an agent reports of one VM. Gauges are read unchanged. Counters only grow until the VM restarts, and are read as rates. `vm_metrics` and
 * `vm_metrics_latest` hold the same columns.
 */
export const vmMetricColumns = () =>
  ({
    /** Gauge. Percent of the provisioned cores; more than 100 when the hypervisor lends idle time. */
    cpuUsagePercent: doublePrecision("cpu_usage_percent"),
    /** Gauge, bytes. */
    memoryUsageBytes: bytes("memory_usage_bytes"),
    /** Gauge, bytes. */
    memoryAvailableBytes: bytes("memory_available_bytes"),
    /** Counter, bytes. */
    networkBytesSent: bytes("network_bytes_sent"),
    /** Counter, bytes. */
    networkBytesRecv: bytes("network_bytes_recv"),
    /** Counter, packets. */
    networkPacketsSent: bytes("network_packets_sent"),
    /** Counter, packets. */
    networkPacketsRecv: bytes("network_packets_recv"),
    /** Counter, bytes. */
    diskReadBytes: bytes("disk_read_bytes"),
    /** Counter, bytes. */
    diskWriteBytes: bytes("disk_write_bytes"),
    /** Counter, operations. */
    diskReadOps: bytes("disk_read_ops"),
    /** Counter, operations. */
    diskWriteOps: bytes("disk_write_ops"),
    /** Gauge, bytes. */
    diskUsageBytes: bytes("disk_usage_bytes"),
    /** Gauge, bytes. */
    diskAvailableBytes: bytes("disk_available_bytes"),
    /** Gauge, runnable processes. */
    loadAverage: doublePrecision("load_average"),
    /** Gauge. */
    processCount: integer("process_count"),
    /** Gauge, degrees Celsius. */
    temperatureCelsius: doublePrecision("temperature_celsius"),
  }) satisfies Record<string, PgColumnBuilderBase>;

/**
 * Raw samples of VMs, one day per partition (native) or chunk (TimescaleDB); see the storage migration. There is no primary key: (vm_id, time) is the identity
 * of a sample, and the first one written stays.
 */
export const vmMetrics = pgTable(
  "vm_metrics",
  {
    time: timestamptz("time").notNull(),
    vmId: uuid("vm_id").notNull(),
    nodeId: uuid("node_id"),
    tenantId: tenantId(),
    ...vmMetricColumns(),
  },
  (table) => [
    // Idempotent ingest (ON CONFLICT) and every series read: one VM, a time range, newest first.
    uniqueIndex("idx_vm_metrics_vm_id_time").on(table.vmId, table.time.desc().nullsFirst()),
    // The rollup of one tenant's hour.
    index("idx_vm_metrics_tenant_id_time").on(table.tenantId, table.time.desc().nullsFirst()),
    tenantPolicy("monitoring", table.tenantId),
    systemPolicy("monitoring"),
  ],
);

export type VmMetricRow = typeof vmMetrics.$inferSelect;
