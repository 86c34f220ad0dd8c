import { changesOf } from "../changes.ts";
import { apiKeys } from "./schema/api-keys.ts";
import { authAuditLog } from "./schema/auth-audit-log.ts";
import { roles } from "./schema/roles.ts";
import { tenantQuotas } from "./schema/tenant-quotas.ts";
import { tenants } from "./schema/tenants.ts";
import { userRoles } from "./schema/user-roles.ts";
import { userSessions } from "./schema/user-sessions.ts";
import { users } from "./schema/users.ts";

// Which tables have events. `events/auth.ts` lists the payload of each, column by column.

export const tenantChanges = changesOf(tenants, "tenant");
export const quotaChanges = changesOf(tenantQuotas, "tenant_quota", { key: ["tenantId"] });
export const userChanges = changesOf(users, "user");
export const roleChanges = changesOf(roles, "role");
export const roleGrantChanges = changesOf(userRoles, "role_grant", { key: ["userId", "roleId"] });
export const apiKeyChanges = changesOf(apiKeys, "api_key");
export const sessionChanges = changesOf(userSessions, "user_session");
export const auditEntryChanges = changesOf(authAuditLog, "auth_audit_entry");
