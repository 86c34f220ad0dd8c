import { foreignKey, index, pgTable, primaryKey, uuid } from "drizzle-orm/pg-core";
import { systemPolicy, tenantId, tenantPolicy, timestamptz } from "../../columns.ts";
import { roles } from "./roles.ts";
import { users } from "./users.ts";

/** Roles that a user has in addition to the default one in `users.role`. */
export const userRoles = pgTable(
  "user_roles",
  {
    userId: uuid("user_id").notNull(),
    roleId: uuid("role_id")
      .notNull()
      .references(() => roles.id, { onDelete: "cascade" }),
    tenantId: tenantId(),
    grantedBy: uuid("granted_by").references(() => users.id, { onDelete: "set null" }),
    grantedAt: timestamptz("granted_at").notNull().defaultNow(),
  },
  (table) => [
    primaryKey({ columns: [table.userId, table.roleId] }),
    foreignKey({
      name: "user_roles_user_fk",
      columns: [table.tenantId, table.userId],
      foreignColumns: [users.tenantId, users.id],
    }).onDelete("cascade"),
    // The users who have a role.
    index("idx_user_roles_role_id").on(table.roleId, table.userId),
    // The grants of a tenant, newest first.
    index("idx_user_roles_tenant_id").on(table.tenantId, table.grantedAt.desc().nullsFirst()),
    // Serves the foreign key when the granting user is removed.
    index("idx_user_roles_granted_by").on(table.grantedBy),
    tenantPolicy("auth", table.tenantId),
    // Rights are read with the credential, in one statement.
    systemPolicy("auth"),
  ],
);

export type UserRoleRow = typeof userRoles.$inferSelect;
