import type { Changes } from "../changes.ts";
import { apiKeys } from "./schema/api-keys.ts";
import { authAuditLog } from "./schema/auth-audit-log.ts";
import { roles } from "./schema/roles.ts";
import { tenantQuotas } from "./schema/tenant-quotas.ts";
import { tenants } from "./schema/tenants.ts";
import { userRoles } from "./schema/user-roles.ts";
import { userSessions } from "./schema/user-sessions.ts";
import { users } from "./schema/users.ts";

// Which columns of a written row its event holds. `events/auth.ts` defines what other domains may rely on.

export const tenantChanges: Changes<typeof tenants> = {
  table: tenants,
  event: "tenant",
  payload: ["name", "enabled"],
};
export const quotaChanges: Changes<typeof tenantQuotas> = {
  table: tenantQuotas,
  event: "tenant_quota",
  key: ["tenantId"],
  payload: ["maxVmCount", "maxCpuMillicores", "maxMemoryMb", "maxStorageGb"],
};
export const userChanges: Changes<typeof users> = { table: users, event: "user", payload: ["username", "role"] };
export const roleChanges: Changes<typeof roles> = { table: roles, event: "role", payload: ["name", "permissions"] };
export const roleGrantChanges: Changes<typeof userRoles> = {
  table: userRoles,
  event: "role_grant",
  key: ["userId", "roleId"],
  payload: ["userId", "roleId", "grantedBy"],
};
export const apiKeyChanges: Changes<typeof apiKeys> = {
  table: apiKeys,
  event: "api_key",
  payload: ["name", "userId", "scopes"],
};
export const sessionChanges: Changes<typeof userSessions> = {
  table: userSessions,
  event: "user_session",
  payload: ["userId", "expiresAt"],
};
export const auditEntryChanges: Changes<typeof authAuditLog> = {
  table: authAuditLog,
  event: "auth_audit_entry",
  payload: ["action", "success", "actorName"],
};
