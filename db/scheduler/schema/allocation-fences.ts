import { bigint, index, pgTable, primaryKey, uuid } from "drizzle-orm/pg-core";
import { systemPolicy, tenantId, tenantPolicy, timestamptz } from "../../columns.ts";

/** What operations have called about the claims of VMs. A call with a lower token, or one that reserves after the release, comes too late and is refused. */
export const allocationFences = pgTable(
  "allocation_fences",
  {
    /** An operation of any domain's database. */
    operationId: uuid("operation_id").notNull(),
    vmId: uuid("vm_id").notNull(),
    tenantId: tenantId(),
    /** The highest fencing token that the operation has used here. */
    token: bigint("token", { mode: "number" }).notNull(),
    /** When the operation released its claims. Null before. */
    releasedAt: timestamptz("released_at"),
    calledAt: timestamptz("called_at").notNull().defaultNow(),
  },
  (table) => [
    primaryKey({ columns: [table.operationId, table.vmId] }),
    // The fences of operations that ended long ago, for removal.
    index("idx_allocation_fences_called_at").on(table.calledAt),
    tenantPolicy("scheduler", table.tenantId),
    systemPolicy("scheduler"),
  ],
);
