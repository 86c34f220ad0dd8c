import { contains, during, is, oneOf } from "../filters.ts";
import { defineEntity } from "../entity.ts";
import { by } from "../list.ts";
import { type AuthAuditLogRow, authAuditLog } from "./schema/auth-audit-log.ts";

// The chain of hashes proves the log to a person who holds the database. A client of the graph could not check it.
const chain = ["seq", "prevHash", "hash"] as const satisfies (keyof AuthAuditLogRow)[];

export const auditEntryEntity = defineEntity({
  table: authAuditLog,
  omit: chain,
  filters: {
    user: oneOf(authAuditLog.userId),
    action: oneOf(authAuditLog.action),
    success: is(authAuditLog.success),
    ipAddress: oneOf(authAuditLog.ipAddress),
    createdAt: during(authAuditLog.createdAt),
    text: contains(authAuditLog.actorName, authAuditLog.action, authAuditLog.errorMessage),
  },
  orders: { CREATED_AT: authAuditLog.createdAt },
  defaultOrder: { field: "CREATED_AT", direction: "DESC" },
  under: {
    "User.auditLog": by(authAuditLog.userId),
  },
});
