import { apiKeyById, apiKeyList, apiKeysOfTenant, apiKeysOfUser } from "#db/auth/api-keys.ts";
import { auditEntriesOfUser, auditEntryById, auditEntryList } from "#db/auth/auth-audit-log.ts";
import { grantedPermissions } from "#db/auth/credentials.ts";
import { roleById, roleList, rolesOfTenant } from "#db/auth/roles.ts";
import { quotaOfTenant } from "#db/auth/tenant-quotas.ts";
import { tenantById, tenantList } from "#db/auth/tenants.ts";
import { roleGrantsOfUser } from "#db/auth/user-roles.ts";
import { sessionsOfUser, userSessionById, userSessionList } from "#db/auth/user-sessions.ts";
import { userById, userList, usersOfTenant, usersWithRole } from "#db/auth/users.ts";
import type { Database, Tx } from "#db/client.ts";
import { batchLoader, loadersOn } from "#lib/graphql/batching.ts";

export type AuthLoaders = ReturnType<typeof createAuthLoaders>;

/**
 * Creates one loader per batch query. The loaders live for one request and share its transaction.
 * @param system reads the permissions of roles: the roles of a user who acts in another tenant are in the user's own tenant
 */
export function createAuthLoaders(tx: Tx, system: Database) {
  const { one, list, under } = loadersOn(tx);
  return {
    tenantById: one(tenantById),
    tenants: list(tenantList),
    quotaOfTenant: one(quotaOfTenant),
    userById: one(userById),
    users: list(userList),
    usersOfTenant: under(usersOfTenant),
    usersWithRole: under(usersWithRole),
    roleById: one(roleById),
    roles: list(roleList),
    rolesOfTenant: under(rolesOfTenant),
    roleGrantsOfUser: one(roleGrantsOfUser),
    permissionsOfUser: batchLoader((userIds) => grantedPermissions(system, userIds)),
    apiKeyById: one(apiKeyById),
    apiKeys: list(apiKeyList),
    apiKeysOfUser: under(apiKeysOfUser),
    apiKeysOfTenant: under(apiKeysOfTenant),
    sessionById: one(userSessionById),
    sessions: list(userSessionList),
    sessionsOfUser: under(sessionsOfUser),
    auditEntryById: one(auditEntryById),
    auditEntries: list(auditEntryList),
    auditEntriesOfUser: under(auditEntriesOfUser),
  };
}
