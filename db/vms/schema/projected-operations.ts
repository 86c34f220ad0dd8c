import { index, integer, pgTable, text, uuid } from "drizzle-orm/pg-core";
import type { OperationState } from "#lib/operations/record.ts";
import { systemPolicy, tenantId, tenantPolicy, timestamptz } from "../../columns.ts";

/**
 * The operations of all domains, as far as lists and filters need them. The rest is in the database of an operation's domain, which its id names. The rows are
 * updated from the event logs, and rebuilt from those databases.
 */
export const projectedOperations = pgTable(
  "projected_operations",
  {
    id: uuid("id").primaryKey(),
    tenantId: tenantId(),
    kind: text("kind").notNull(),
    /** The type and the id of what the operation works on. */
    subjectType: text("subject_type"),
    subjectId: uuid("subject_id"),
    state: text("state").$type<OperationState>().notNull(),
    actor: text("actor"),
    createdAt: timestamptz("created_at").notNull(),
    endedAt: timestamptz("ended_at"),
    /** The operation's own count of its writes: an event with a lower count changes nothing. */
    version: integer("version").notNull(),
    projectedAt: timestamptz("projected_at").notNull().defaultNow(),
  },
  (table) => [
    // The operations of a tenant, newest first.
    index("idx_projected_operations_created_at").on(table.tenantId, table.createdAt, table.id),
    // The operations on a VM.
    index("idx_projected_operations_subject_id").on(table.subjectId, table.createdAt),
    tenantPolicy("vms", table.tenantId),
    systemPolicy("vms"),
  ],
);
