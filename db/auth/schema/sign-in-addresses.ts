import { check, foreignKey, integer, pgTable, primaryKey, uuid, varchar } from "drizzle-orm/pg-core";
import { sql } from "drizzle-orm";
import { tenantId, tenantPolicy, timestamptz } from "../../columns.ts";
import { users } from "./users.ts";

/**
 * The addresses that a user has signed in from, the latest few. Wrong attempts from such an address have a count of their own. The count in `users` is of all
 * other addresses. So no attacker can lock a user out at the addresses that the user signs in from.
 */
export const signInAddresses = pgTable(
  "sign_in_addresses",
  {
    userId: uuid("user_id").notNull(),
    tenantId: tenantId(),
    /** Keyed by the pepper, so the addresses cannot be read from this table. */
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
