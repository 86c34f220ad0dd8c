import { foreignKey, pgTable, primaryKey, uuid, varchar } from "drizzle-orm/pg-core";
import { createdAt, tenantId, tenantPolicy, timestamptz } from "../../columns.ts";
import { users } from "./users.ts";

/** Codes that replace a code of the second factor, once each. New ones replace all earlier ones. */
export const recoveryCodes = pgTable(
  "recovery_codes",
  {
    userId: uuid("user_id").notNull(),
    tenantId: tenantId(),
    codeHash: varchar("code_hash", { length: 255 }).notNull(),
    usedAt: timestamptz("used_at"),
    createdAt: createdAt(),
  },
  (table) => [
    primaryKey({ columns: [table.userId, table.codeHash] }),
    foreignKey({
      name: "recovery_codes_user_fk",
      columns: [table.tenantId, table.userId],
      foreignColumns: [users.tenantId, users.id],
    }).onDelete("cascade"),
    tenantPolicy("auth", table.tenantId),
  ],
);
