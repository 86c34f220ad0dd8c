import { bigint, pgTable, uuid } from "drizzle-orm/pg-core";
import { tenantPolicy } from "../../columns.ts";

/**
 * What the VMs of a tenant request together, those that are deleted excepted. A trigger of `vms` keeps it. A transaction that adds to it locks the tenant's row until the
 * commit, so that a quota that is compared after the change holds for any number of callers at once.
 */
export const vmUsage = pgTable(
  "vm_usage",
  {
    tenantId: uuid("tenant_id").primaryKey(),
    vmCount: bigint("vm_count", { mode: "number" }).notNull(),
    cpuMillicores: bigint("cpu_millicores", { mode: "number" }).notNull(),
    memoryMb: bigint("memory_mb", { mode: "number" }).notNull(),
    storageGb: bigint("storage_gb", { mode: "number" }).notNull(),
  },
  (table) => [tenantPolicy("vms", table.tenantId)],
);

export type VmUsageRow = typeof vmUsage.$inferSelect;
