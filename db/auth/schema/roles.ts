import { sql } from "drizzle-orm";
import { check, jsonb, pgTable, text, unique, uniqueIndex, uuid, varchar } from "drizzle-orm/pg-core";
import { createdAt, primaryId, systemPolicy, tenantPolicies, version } from "../../columns.ts";
import { folded } from "../folded-name.ts";
import { tenants } from "./tenants.ts";

/** A set of permissions. A role without a tenant is built in: it is the same for all tenants, and a migration inserts it. */
export const roles = pgTable(
  "roles",
  {
    id: primaryId(),
    tenantId: uuid("tenant_id").references(() => tenants.id, { onDelete: "restrict" }),
    name: varchar("name", { length: 100 }).notNull(),
    description: text("description"),
    /** Strings `resource:verb`. A wildcard is allowed only at the end: `vm:*`, or `*` alone. */
    permissions: jsonb("permissions").$type<string[]>().notNull().default([]),
    version: version(),
    createdAt: createdAt(),
  },
  (table) => [
    // The built-in roles are unique among themselves. Lists by tenant and name use it as well.
    unique("roles_tenant_id_name_unique").on(table.tenantId, table.name).nullsNotDistinct(),
    // Names that people read as the same count as the same.
    uniqueIndex("idx_roles_name").on(table.tenantId, folded(table.name)),
    check("roles_permissions_check", sql`jsonb_typeof(${table.permissions}) = 'array'`),
    ...tenantPolicies("auth", table.tenantId, sql`${table.tenantId} is null`),
    // Rights are read with the credential, in one statement.
    systemPolicy("auth"),
  ],
);

export type RoleRow = typeof roles.$inferSelect;
