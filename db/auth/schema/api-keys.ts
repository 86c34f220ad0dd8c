import { sql } from "drizzle-orm";
import { check, foreignKey, index, integer, jsonb, pgTable, text, uuid, varchar } from "drizzle-orm/pg-core";
import { createdAt, primaryId, tenantId, systemPolicy, tenantPolicy, timestamptz } from "../../columns.ts";
import { tenants } from "./tenants.ts";
import { users } from "./users.ts";

/** A key's rights are its scopes, limited to what its owner may do at the time of use. */
export const apiKeys = pgTable(
  "api_keys",
  {
    id: primaryId(),
    name: varchar("name", { length: 255 }).notNull(),
    keyHash: varchar("key_hash", { length: 255 }).notNull().unique(),
    userId: uuid("user_id").notNull(),
    tenantId: tenantId(),
    /** Strings `resource:verb`, as in `roles.permissions`. */
    permissions: jsonb("permissions").$type<string[]>().notNull().default([]),
    scopes: text("scopes").array().notNull().default([]),
    rateLimitPerMinute: integer("rate_limit_per_minute").notNull().default(1000),
    expiresAt: timestamptz("expires_at"),
    /** Since when the key is rejected, by the decision of its owner or an administrator. */
    revokedAt: timestamptz("revoked_at"),
    /** The tenant that a key of the platform tenant acts in; null for its own. */
    actsInTenantId: uuid("acts_in_tenant_id").references(() => tenants.id, { onDelete: "restrict" }),
    lastUsedAt: timestamptz("last_used_at"),
    createdAt: createdAt(),
  },
  (table) => [
    foreignKey({
      name: "api_keys_user_fk",
      columns: [table.tenantId, table.userId],
      foreignColumns: [users.tenantId, users.id],
    }).onDelete("cascade"),
    // The keys of a user, newest first.
    index("idx_api_keys_user_id").on(table.userId, table.createdAt.desc().nullsFirst(), table.id.desc().nullsFirst()),
    // The keys of a tenant, newest first.
    index("idx_api_keys_tenant_id").on(
      table.tenantId,
      table.createdAt.desc().nullsFirst(),
      table.id.desc().nullsFirst(),
    ),
    check("api_keys_permissions_check", sql`jsonb_typeof(${table.permissions}) = 'array'`),
    check("api_keys_rate_limit_check", sql`${table.rateLimitPerMinute} >= 0`),
    tenantPolicy("auth", table.tenantId),
    // A key does not name its tenant.
    systemPolicy("auth"),
  ],
);

export type ApiKeyRow = typeof apiKeys.$inferSelect;
