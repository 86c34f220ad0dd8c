import { sql } from "drizzle-orm";
import {
  bigint,
  boolean,
  check,
  index,
  integer,
  pgTable,
  unique,
  uniqueIndex,
  uuid,
  varchar,
} from "drizzle-orm/pg-core";
import {
  createdAt,
  metadata,
  primaryId,
  systemPolicy,
  tenantPolicy,
  timestamptz,
  updatedAt,
  version,
} from "../../columns.ts";
import { folded } from "../folded-name.ts";
import { userRoleEnum } from "./enums.ts";
import { tenants } from "./tenants.ts";

export const users = pgTable(
  "users",
  {
    id: primaryId(),
    username: varchar("username", { length: 255 }).notNull(),
    email: varchar("email", { length: 255 }).notNull(),
    passwordHash: varchar("password_hash", { length: 255 }).notNull(),
    /** The default role. A user's permissions are the union of this built-in role's and those of `user_roles`. */
    role: userRoleEnum("role").notNull().default("user"),
    tenantId: uuid("tenant_id")
      .notNull()
      .references(() => tenants.id, { onDelete: "restrict" }),
    mfaEnabled: boolean("mfa_enabled").notNull().default(false),
    /** Encrypted before it gets here. No API returns it. */
    mfaSecret: varchar("mfa_secret", { length: 255 }),
    /** The time step of the last code that was accepted. No code is accepted twice. */
    mfaLastStep: bigint("mfa_last_step", { mode: "number" }),
    /** Since when the user may not sign in, by an administrator's decision. */
    disabledAt: timestamptz("disabled_at"),
    failedLoginAttempts: integer("failed_login_attempts").notNull().default(0),
    lockedUntil: timestamptz("locked_until"),
    lastLogin: timestamptz("last_login"),
    passwordChangedAt: timestamptz("password_changed_at").notNull().defaultNow(),
    metadata: metadata(),
    version: version(),
    createdAt: createdAt(),
    updatedAt: updatedAt(),
  },
  (table) => [
    // The users of a tenant, newest first.
    index("idx_users_tenant_id").on(table.tenantId, table.createdAt.desc().nullsFirst(), table.id.desc().nullsFirst()),
    // Sign-in, which need not name a tenant. The index also makes names and addresses unique within one tenant.
    uniqueIndex("idx_users_username").on(folded(table.username), table.tenantId),
    uniqueIndex("idx_users_email").on(folded(table.email), table.tenantId),
    // The target of the children's foreign keys, so that a child's copied tenant cannot differ from its user's.
    unique("users_tenant_id_id_unique").on(table.tenantId, table.id),
    check("users_failed_login_attempts_check", sql`${table.failedLoginAttempts} >= 0`),
    tenantPolicy("auth", table.tenantId),
    // A user who signs in has not named a tenant, and `novacron keys rotate` seals secrets anew.
    systemPolicy("auth"),
  ],
);

export type UserRow = typeof users.$inferSelect;
