import { noHash } from "#db/auth/credentials.ts";
import {
  addApiKeys,
  addAuditEntries,
  addQuotas,
  addRoleGrants,
  addRoles,
  addSessions,
  addTenants,
  addUsers,
} from "#db/auth/record-writes.ts";
import type { apiKeys } from "#db/auth/schema/api-keys.ts";
import type { authAuditLog } from "#db/auth/schema/auth-audit-log.ts";
import type { roles } from "#db/auth/schema/roles.ts";
import type { tenantQuotas } from "#db/auth/schema/tenant-quotas.ts";
import type { tenants } from "#db/auth/schema/tenants.ts";
import type { userRoles } from "#db/auth/schema/user-roles.ts";
import type { userSessions } from "#db/auth/schema/user-sessions.ts";
import type { users } from "#db/auth/schema/users.ts";
import type { Database, Scope } from "#db/client.ts";
import type { RecordedRow } from "#db/record-rows.ts";

/** A tenant and its people, without any secret. */
export interface RecordedPeople {
  tenant: Omit<RecordedRow<typeof tenants>, "id">;
  quota: RecordedRow<typeof tenantQuotas>;
  users: readonly Omit<RecordedRow<typeof users>, "passwordHash">[];
  roles: readonly RecordedRow<typeof roles>[];
  grants: readonly RecordedRow<typeof userRoles>[];
  apiKeys: readonly (Omit<RecordedRow<typeof apiKeys>, "keyHash"> & { id: string })[];
  sessions: readonly (Omit<RecordedRow<typeof userSessions>, "tokenHash"> & { id: string })[];
  auditEntries: readonly RecordedRow<typeof authAuditLog>[];
}

/**
 * Records a tenant with users who own what was imported or generated. Existing rows stay as they are. No user can act as one of them: what is stored of
 * their passwords, keys and sessions is no hash, so that nothing matches it.
 */
export const recordPeople = (database: Database, scope: Scope, people: RecordedPeople): Promise<void> =>
  database.write(scope, async (tx) => {
    await addTenants(tx, [{ ...people.tenant, id: scope.tenantId }]);
    await addQuotas(tx, [people.quota]);
    await addUsers(
      tx,
      people.users.map((user) => ({ ...user, passwordHash: noHash })),
    );
    await addRoles(tx, people.roles);
    await addRoleGrants(tx, people.grants);
    await addApiKeys(
      tx,
      people.apiKeys.map((key) => ({ ...key, keyHash: `${noHash}${key.id}` })),
    );
    await addSessions(
      tx,
      people.sessions.map((session) => ({ ...session, tokenHash: `${noHash}${session.id}` })),
    );
    await addAuditEntries(tx, people.auditEntries);
  });
