import { foreignKey, pgTable, uuid, varchar } from "drizzle-orm/pg-core";
import { createdAt, tenantId, tenantPolicy, timestamptz } from "../../columns.ts";
import { users } from "./users.ts";

/** The code by which a user may set a new password, created by an administrator or the command line. A user has one code; a new one replaces it. */
export const passwordResets = pgTable(
  "password_resets",
  {
    userId: uuid("user_id").primaryKey(),
    tenantId: tenantId(),
    codeHash: varchar("code_hash", { length: 255 }).notNull(),
    expiresAt: timestamptz("expires_at").notNull(),
    /** Null when the command line created it. */
    createdBy: uuid("created_by"),
    createdAt: createdAt(),
  },
  (table) => [
    foreignKey({
      name: "password_resets_user_fk",
      columns: [table.tenantId, table.userId],
      foreignColumns: [users.tenantId, users.id],
    }).onDelete("cascade"),
    tenantPolicy("auth", table.tenantId),
  ],
);
