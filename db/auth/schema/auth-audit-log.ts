import { bigint, boolean, index, inet, jsonb, pgTable, text, unique, uuid, varchar } from "drizzle-orm/pg-core";
import { createdAt, primaryId, systemPolicy, tenantPolicy, type RowMetadata } from "../../columns.ts";
import { tenants } from "./tenants.ts";

/**
 * Append-only: a trigger rejects UPDATE, DELETE and TRUNCATE, and no role has the right to them. `user_id` has no foreign key, and the actor's name is a copy,
 * so that the log outlives its users unchanged.
 */
export const authAuditLog = pgTable(
  "auth_audit_log",
  {
    id: primaryId(),
    /** The platform tenant for entries that belong to no tenant, such as a login with an unknown name. */
    tenantId: uuid("tenant_id")
      .notNull()
      .references(() => tenants.id, { onDelete: "restrict" }),
    userId: uuid("user_id"),
    /** The name that the actor had, or gave, at the time. */
    actorName: varchar("actor_name", { length: 255 }),
    action: varchar("action", { length: 100 }).notNull(),
    ipAddress: inet("ip_address"),
    userAgent: text("user_agent"),
    success: boolean("success").notNull(),
    errorMessage: text("error_message"),
    metadata: jsonb("metadata").$type<RowMetadata>(),
    createdAt: createdAt(),
    // A trigger sets the chain, whatever the insert gives. The defaults only allow an insert to omit it. docs/audit.md states what is hashed.
    /** 1 for a tenant's first entry, and one more for each after it. */
    seq: bigint("seq", { mode: "number" }).notNull().default(0),
    /** The hash of the tenant's previous entry; 64 zeros for the first entry. */
    prevHash: text("prev_hash").notNull().default(""),
    /** SHA-256 of the previous hash and of this entry, in hexadecimal. */
    hash: text("hash").notNull().default(""),
  },
  (table) => [
    // What a user did, newest first.
    index("idx_audit_log_user_id").on(table.userId, table.createdAt.desc().nullsFirst(), table.id.desc().nullsFirst()),
    // The log of a tenant, newest first.
    index("idx_audit_log_created_at").on(
      table.tenantId,
      table.createdAt.desc().nullsFirst(),
      table.id.desc().nullsFirst(),
    ),
    // The chain of a tenant in its order. The constraint also prevents two entries with one number.
    unique("auth_audit_log_tenant_id_seq_unique").on(table.tenantId, table.seq),
    tenantPolicy("auth", table.tenantId),
    // Checkpoints and `novacron audit verify` read every tenant's chain.
    systemPolicy("auth"),
  ],
);

export type AuthAuditLogRow = typeof authAuditLog.$inferSelect;
