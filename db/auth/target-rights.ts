import { sql } from "drizzle-orm";
import type { WriteTx } from "../client.ts";
import { selectList } from "../rows.ts";
import { type Statement, statement } from "../statement.ts";
import { ofTenant } from "../tenant-predicate.ts";
import { apiKeys } from "./schema/api-keys.ts";
import { type RoleRow, roles } from "./schema/roles.ts";
import { userRoles } from "./schema/user-roles.ts";
import { userSessions } from "./schema/user-sessions.ts";
import { users } from "./schema/users.ts";

// The rights of the accounts, roles and keys that a transaction is about to change. They stay the same until it ends. Locks are taken in one order: accounts,
// then roles.

const theUser = sql`${users.id} = ${sql.placeholder("userId")}::uuid and ${ofTenant(users.tenantId)}`;

// Weaker than `for update`: rows that refer to the user may be inserted meanwhile.
const lockUser = statement<{ role: string }>(
  () => sql`select ${users.role} as "role" from ${users} where ${theUser} for no key update`,
);

const granted = sql`(select ${userRoles.roleId} from ${userRoles}
  where ${userRoles.userId} = ${sql.placeholder("userId")}::uuid and ${ofTenant(userRoles.tenantId)})`;

// Built-in roles cannot be locked and need no lock: only migrations change them.
const lockHeldRoles = statement<{ permissions: string[] }>(
  () => sql`
    with own as (
      select ${roles.permissions} as permissions from ${roles} where ${ofTenant(roles.tenantId)} and ${roles.id} in ${granted}
      order by ${roles.id} for share
    )
    select permissions as "permissions" from own
    union all
    select ${roles.permissions} from ${roles}
    where ${roles.tenantId} is null and (${roles.name} = ${sql.placeholder("role")} or ${roles.id} in ${granted})`,
);

/**
 * Returns what an account of the tenant may do while it is enabled. Until the transaction ends, no other transaction grants it a role, changes its default
 * role, or changes a role that it has. Returns undefined when there is no such account.
 */
export async function lockAccountRights(tx: WriteTx, userId: string): Promise<string[] | undefined> {
  const [user] = await tx.run(lockUser, { userId, tenantId: tx.tenantId });
  if (!user) return undefined;
  // A separate statement, because its snapshot must be newer than the lock.
  const held = await tx.run(lockHeldRoles, { userId, role: user.role, tenantId: tx.tenantId });
  return [...new Set(held.flatMap(({ permissions }) => permissions))];
}

const own = sql`${roles.id} = ${sql.placeholder("id")}::uuid and ${ofTenant(roles.tenantId)}`;
const locks: Record<"change" | "keep", Statement<RoleRow>> = {
  change: statement(() => sql`select ${selectList({ table: roles })} from ${roles} where ${own} for no key update`),
  keep: statement(() => sql`select ${selectList({ table: roles })} from ${roles} where ${own} for share`),
};
const builtIn = statement<RoleRow>(
  () => sql`
    select ${selectList({ table: roles })} from ${roles}
    where ${roles.id} = ${sql.placeholder("id")}::uuid and (${roles.tenantId} is null or ${ofTenant(roles.tenantId)})`,
);

/** Returns a role of the tenant's own, locked until the transaction changes it or ends, or a built-in one. @param to whether the transaction changes it */
export async function lockRole(tx: WriteTx, id: string, to: "change" | "keep"): Promise<RoleRow | undefined> {
  const values = { id, tenantId: tx.tenantId };
  const [locked] = await tx.run(locks[to], values);
  if (locked) return locked;
  const [role] = await tx.run(builtIn, values);
  return role?.tenantId === null ? role : undefined;
}

/** The properties of a session or a key that never change. */
export interface CredentialOwner {
  userId: string;
  /** The tenant that it acts in; null for the one that it belongs to. */
  actsInTenantId: string | null;
}

const sessionOwner = statement<CredentialOwner>(
  () => sql`
    select ${userSessions.userId} as "userId", ${userSessions.actsInTenantId} as "actsInTenantId" from ${userSessions}
    where ${userSessions.id} = ${sql.placeholder("id")}::uuid and ${ofTenant(userSessions.tenantId)}`,
);

export async function ownerOfSession(tx: WriteTx, id: string): Promise<CredentialOwner | undefined> {
  return (await tx.run(sessionOwner, { id, tenantId: tx.tenantId }))[0];
}

export interface KeyContents extends CredentialOwner {
  scopes: string[];
  expiresAt: Date | null;
}

const key = statement<KeyContents>(
  () => sql`
    select ${apiKeys.userId} as "userId", ${apiKeys.actsInTenantId} as "actsInTenantId", ${apiKeys.scopes} as "scopes",
      ${apiKeys.expiresAt} as "expiresAt"
    from ${apiKeys} where ${apiKeys.id} = ${sql.placeholder("id")}::uuid and ${ofTenant(apiKeys.tenantId)} for no key update`,
);

/** Returns a key of the tenant, locked until the transaction changes it or ends. */
export async function lockKey(tx: WriteTx, id: string): Promise<KeyContents | undefined> {
  return (await tx.run(key, { id, tenantId: tx.tenantId }))[0];
}

const keyExpiry = statement<{ expiresAt: Date | null }>(
  () => sql`
    select ${apiKeys.expiresAt} as "expiresAt" from ${apiKeys}
    where ${apiKeys.id} = ${sql.placeholder("id")}::uuid and ${ofTenant(apiKeys.tenantId)}`,
);

/** Returns when a key of the tenant expires; null for never, and for a key that does not exist. */
export async function expiryOfKey(tx: WriteTx, id: string): Promise<Date | null> {
  return (await tx.run(keyExpiry, { id, tenantId: tx.tenantId }))[0]?.expiresAt ?? null;
}
