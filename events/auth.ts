import { z } from "zod";
import { entityEvents, id, idOrNull, recordEvent, removableEvents, text, textOrNull, time } from "./catalogue.ts";
import { operationEvents } from "./operations.ts";

/** The events that the auth domain emits. No event carries a secret, a hash of a secret, or an address. */
export const authEvents = {
  ...entityEvents("tenant", "Tenant", "A tenant", { name: text, enabled: z.boolean() }),
  ...entityEvents("tenant_quota", "TenantQuota", "A tenant's quota", {
    maxVmCount: z.number().nullable(),
    maxCpuMillicores: z.number().nullable(),
    maxMemoryMb: z.number().nullable(),
    maxStorageGb: z.number().nullable(),
  }),
  ...entityEvents("user", "User", "A user", { username: text, role: text }),
  ...removableEvents("role", "Role", "A role", { name: text, permissions: z.array(z.string()) }),
  ...removableEvents("role_grant", "RoleGrant", "A grant of a role in addition to the user's default one", {
    userId: id,
    roleId: id,
    grantedBy: idOrNull,
  }),
  ...entityEvents("api_key", "ApiKey", "An API key", { name: text, userId: id, scopes: z.array(z.string()) }),
  ...entityEvents("user_session", "UserSession", "A session", { userId: id, expiresAt: time }),
  ...recordEvent("auth_audit_entry", "AuthAuditEntry", "An entry of the audit log", {
    action: text,
    success: z.boolean(),
    actorName: textOrNull,
  }),
  ...operationEvents("auth_operation", "AuthOperation", "auth"),
};
