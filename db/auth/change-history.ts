import { because, historyOf } from "../change-history/history.ts";
import { apiKeys } from "./schema/api-keys.ts";
import { roles } from "./schema/roles.ts";
import { tenantQuotas } from "./schema/tenant-quotas.ts";
import { tenants } from "./schema/tenants.ts";
import { userRoles } from "./schema/user-roles.ts";
import { userSessions } from "./schema/user-sessions.ts";
import { users } from "./schema/users.ts";

// What is recorded of the changes to each entity (docs/change-history.md).

export const tenantHistory = historyOf(tenants, {
  type: "Tenant",
  tenant: "id",
  recorded: ["name", "displayName", "description", "enabled"],
  noted: ["metadata"],
  unrecorded: {
    id: because.isKey,
    version: because.isCounter,
    createdAt: because.isCreation,
    updatedAt: because.isTime,
  },
});

export const quotaHistory = historyOf(tenantQuotas, {
  type: "Tenant",
  key: "tenantId",
  part: "quota.",
  recorded: ["maxVmCount", "maxCpuMillicores", "maxMemoryMb", "maxStorageGb", "maxMonthlySpend", "currency"],
  unrecorded: {
    tenantId: because.isKey,
    version: because.isCounter,
    createdAt: because.isCreation,
    updatedAt: because.isTime,
  },
});

export const userHistory = historyOf(users, {
  type: "User",
  recorded: ["username", "email", "role", "mfaEnabled", "disabledAt", "lockedUntil", "passwordChangedAt"],
  noted: ["metadata"],
  unrecorded: {
    id: because.isKey,
    tenantId: because.isTenant,
    passwordHash: "it is a secret; `passwordChangedAt` shows that the password changed",
    mfaSecret: "it is a secret; `mfaEnabled` shows whether there is one",
    mfaLastStep: "it changes with each sign-in",
    failedLoginAttempts: "attackers change it; `lockedUntil` shows the lock that follows",
    lastLogin: "it changes with each sign-in",
    version: because.isCounter,
    createdAt: because.isCreation,
    updatedAt: because.isTime,
  },
});

export const userRoleHistory = historyOf(userRoles, {
  type: "User",
  key: "userId",
  part: "roles.",
  recorded: ["roleId"],
  unrecorded: {
    userId: because.isKey,
    tenantId: because.isTenant,
    grantedBy: "it is the actor of the change",
    grantedAt: because.isTime,
  },
});

export const roleHistory = historyOf(roles, {
  type: "Role",
  recorded: ["name", "description", "permissions"],
  unrecorded: {
    id: because.isKey,
    tenantId: because.isTenant,
    version: because.isCounter,
    createdAt: because.isCreation,
  },
});

export const apiKeyHistory = historyOf(apiKeys, {
  type: "ApiKey",
  recorded: ["name", "permissions", "scopes", "rateLimitPerMinute", "expiresAt", "revokedAt", "actsInTenantId"],
  unrecorded: {
    id: because.isKey,
    keyHash: "it identifies the secret",
    userId: because.isParent,
    tenantId: because.isTenant,
    lastUsedAt: "it changes with each use",
    createdAt: because.isCreation,
  },
});

export const userSessionHistory = historyOf(userSessions, {
  type: "UserSession",
  recorded: ["expiresAt", "actsInTenantId"],
  unrecorded: {
    id: because.isKey,
    userId: because.isParent,
    tenantId: because.isTenant,
    tokenHash: "it identifies the secret",
    ipAddress: because.isCreation,
    userAgent: because.isCreation,
    lastUsedAt: "it changes with each use",
    createdAt: because.isCreation,
  },
});
