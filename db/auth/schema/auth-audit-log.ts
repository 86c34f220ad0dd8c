import { bigint, boolean, index, inet, jsonb, pgTable, text, unique, uuid, varchar } from "drizzle-orm/pg-core";
import { createdAt, primaryId, systemPolicy, tenantPolicy, type RowMetadata } from "../../columns.ts";
import { tenants } from "./tenants.ts";

/**
 * Append-only: a trigger refuses UPDATE, DELETE and TRUNCATE, and no role has the right to them. `user_id` has no
 * foreign key and the actor's name is a copy, so that the log outlives its users unchanged.
 */
export const authAuditLog = pgTable(
  "auth_audit_log",
  {
    id: primaryId(),
    /** The platform tenant for what belongs to none, such as a login with an unknown name. */
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
    // A trigger sets the chain, whatever was given; the defaults only let an insert leave it out. docs/audit.md says what is hashed.
    /** 1 for a tenant's first entry, and one more for each after it. */
    seq: bigint("seq", { mode: "number" }).notNull().default(0),
    /** The hash of the tenant's entry before this one; of the first one 64 zeros. */
    prevHash: text("prev_hash").notNull().default(""),
    /** SHA-256 of the hash before it and of this entry, in hexadecimal. */
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
    // The chain of a tenant in its order; and what makes two entries of one number impossible.
    unique("auth_audit_log_tenant_id_seq_unique").on(table.tenantId, table.seq),
    tenantPolicy("auth", table.tenantId),
    // Checkpoints and `novacron audit verify` read every tenant's chain.
    systemPolicy("auth"),
  ],
);

export type AuthAuditLogRow = typeof authAuditLog.$inferSelect;
