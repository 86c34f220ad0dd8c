import { foreignKey, index, inet, pgTable, text, uuid, varchar } from "drizzle-orm/pg-core";
import { createdAt, primaryId, tenantId, systemPolicy, tenantPolicy, timestamptz } from "../../columns.ts";
import { tenants } from "./tenants.ts";
import { users } from "./users.ts";

export const userSessions = pgTable(
  "user_sessions",
  {
    id: primaryId(),
    userId: uuid("user_id").notNull(),
    tenantId: tenantId(),
    tokenHash: varchar("token_hash", { length: 255 }).notNull().unique(),
    ipAddress: inet("ip_address"),
    userAgent: text("user_agent"),
    expiresAt: timestamptz("expires_at").notNull(),
    /** Written at most once a minute. */
    lastUsedAt: timestamptz("last_used_at").notNull().defaultNow(),
    /** The tenant that a user of the platform tenant has chosen to act in; null for their own. */
    actsInTenantId: uuid("acts_in_tenant_id").references(() => tenants.id, { onDelete: "restrict" }),
    createdAt: createdAt(),
  },
  (table) => [
    foreignKey({
      name: "user_sessions_user_fk",
      columns: [table.tenantId, table.userId],
      foreignColumns: [users.tenantId, users.id],
    }).onDelete("cascade"),
    // The sessions of a user, newest first.
    index("idx_sessions_user_id").on(table.userId, table.createdAt.desc().nullsFirst(), table.id.desc().nullsFirst()),
    // The sessions of a tenant, newest first.
    index("idx_sessions_tenant_id").on(
      table.tenantId,
      table.createdAt.desc().nullsFirst(),
      table.id.desc().nullsFirst(),
    ),
    // Sessions that have expired, for removal.
    index("idx_sessions_expires_at").on(table.expiresAt),
    tenantPolicy("auth", table.tenantId),
    // A token does not name its tenant.
    systemPolicy("auth"),
  ],
);

export type UserSessionRow = typeof userSessions.$inferSelect;
