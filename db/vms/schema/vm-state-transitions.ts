import { sql } from "drizzle-orm";
import { check, foreignKey, index, jsonb, pgTable, text, uuid, varchar } from "drizzle-orm/pg-core";
import { createdAt, primaryId, tenantId, tenantPolicy, type RowMetadata } from "../../columns.ts";
import { vmStateEnum } from "./enums.ts";
import { vms } from "./vms.ts";

/** Append-only: a trigger rejects UPDATE, DELETE and TRUNCATE, no role has the right to them, and the VM's row cannot be deleted. */
export const vmStateTransitions = pgTable(
  "vm_state_transitions",
  {
    id: primaryId(),
    vmId: uuid("vm_id").notNull(),
    tenantId: tenantId(),
    /** Null for the first state of a VM. */
    fromState: vmStateEnum("from_state"),
    toState: vmStateEnum("to_state").notNull(),
    reason: varchar("reason", { length: 255 }),
    /** A user of the auth database. Null when no user requested it. */
    initiatedBy: uuid("initiated_by"),
    /** Who changed it, as events show it: `user:<id>`, `service:<name>`. */
    actor: text("actor"),
    requestId: text("request_id"),
    /** The durable operation of which the transition is a step. */
    operationId: uuid("operation_id"),
    metadata: jsonb("metadata").$type<RowMetadata>(),
    createdAt: createdAt(),
  },
  (table) => [
    foreignKey({
      name: "vm_state_transitions_vm_fk",
      columns: [table.tenantId, table.vmId],
      foreignColumns: [vms.tenantId, vms.id],
    }).onDelete("restrict"),
    // The history of a VM, newest first.
    index("idx_vm_state_transitions_vm_id").on(
      table.vmId,
      table.createdAt.desc().nullsFirst(),
      table.id.desc().nullsFirst(),
    ),
    // What happened to a tenant's VMs, newest first.
    index("idx_vm_state_transitions_tenant_id").on(
      table.tenantId,
      table.createdAt.desc().nullsFirst(),
      table.id.desc().nullsFirst(),
    ),
    check("vm_state_transitions_states_check", sql`${table.fromState} is distinct from ${table.toState}`),
    tenantPolicy("vms", table.tenantId),
  ],
);

export type VmStateTransitionRow = typeof vmStateTransitions.$inferSelect;
