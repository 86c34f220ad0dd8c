import { sql } from "drizzle-orm";
import { bigint, foreignKey, index, pgTable, primaryKey, text, uniqueIndex, uuid } from "drizzle-orm/pg-core";
import { systemPolicy, tenantId, tenantPolicy, timestamptz } from "../../columns.ts";
import { vms } from "./vms.ts";

/**
 * The slots of VMs: the operation that works on a VM, at most one at a time. The row of a slot that was released stays for a minute, longer than a call that was
 * sent before the release can arrive: such a call does not take the slot again.
 */
export const vmSlots = pgTable(
  "vm_slots",
  {
    vmId: uuid("vm_id").notNull(),
    tenantId: tenantId(),
    /** An operation of any domain's database. */
    operationId: uuid("operation_id").notNull(),
    operationKind: text("operation_kind").notNull(),
    /** The highest fencing token that the operation has used here. Lower ones are refused. */
    token: bigint("token", { mode: "number" }).notNull(),
    takenAt: timestamptz("taken_at").notNull().defaultNow(),
    /** Null while the operation has the slot. */
    releasedAt: timestamptz("released_at"),
  },
  (table) => [
    // The operation's own row, which taking and releasing both write: the second of the two sees the first.
    primaryKey({ columns: [table.operationId, table.vmId] }),
    // One operation at a time has the slot of a VM.
    uniqueIndex("vm_slots_held_unique")
      .on(table.vmId)
      .where(sql`${table.releasedAt} is null`),
    // The released slots of a VM, for removal.
    index("idx_vm_slots_released_at")
      .on(table.vmId, table.releasedAt)
      .where(sql`${table.releasedAt} is not null`),
    foreignKey({
      name: "vm_slots_vm_fk",
      columns: [table.tenantId, table.vmId],
      foreignColumns: [vms.tenantId, vms.id],
    }).onDelete("cascade"),
    tenantPolicy("vms", table.tenantId),
    // Operations of all tenants end, and their slots are released together.
    systemPolicy("vms"),
  ],
);
