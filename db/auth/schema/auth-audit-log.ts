import { boolean, index, inet, jsonb, pgTable, text, uuid, varchar } from "drizzle-orm/pg-core";
import { createdAt, primaryId, tenantPolicy, type RowMetadata } from "../../columns.ts";
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
    /** The hash of the tenant's entry before this one, and of this one with it. Null until the log is chained. */
    prevHash: text("prev_hash"),
    hash: text("hash"),
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
    tenantPolicy("auth", table.tenantId),
  ],
);

export type AuthAuditLogRow = typeof authAuditLog.$inferSelect;
