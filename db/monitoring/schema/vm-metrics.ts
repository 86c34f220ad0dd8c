import { index, pgTable, uniqueIndex, uuid } from "drizzle-orm/pg-core";
import { systemPolicy, tenantId, tenantPolicy, timestamptz } from "../../columns.ts";
import { sampleColumns, vmMetricColumns } from "../metric-columns.ts";

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
    ...sampleColumns(vmMetricColumns),
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
