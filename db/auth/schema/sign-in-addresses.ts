import { check, foreignKey, integer, pgTable, primaryKey, uuid, varchar } from "drizzle-orm/pg-core";
import { sql } from "drizzle-orm";
import { tenantId, tenantPolicy, timestamptz } from "../../columns.ts";
import { users } from "./users.ts";

/**
 * Where a user has signed in from, the latest few. Wrong tries from there have a count of their own: the count in `users` is of all other addresses,
 * so nobody locks users out where they belong.
 */
export const signInAddresses = pgTable(
  "sign_in_addresses",
  {
    userId: uuid("user_id").notNull(),
    tenantId: tenantId(),
    /** Keyed by the pepper: the addresses cannot be read from here. */
    addressHash: varchar("address_hash", { length: 255 }).notNull(),
    failedAttempts: integer("failed_attempts").notNull().default(0),
    lockedUntil: timestamptz("locked_until"),
    lastSignInAt: timestamptz("last_sign_in_at").notNull().defaultNow(),
  },
  (table) => [
    primaryKey({ columns: [table.userId, table.addressHash] }),
    foreignKey({
      name: "sign_in_addresses_user_fk",
      columns: [table.tenantId, table.userId],
      foreignColumns: [users.tenantId, users.id],
    }).onDelete("cascade"),
    check("sign_in_addresses_failed_attempts_check", sql`${table.failedAttempts} >= 0`),
    tenantPolicy("auth", table.tenantId),
  ],
);
