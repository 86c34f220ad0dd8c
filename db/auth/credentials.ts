import { type SQL, sql } from "drizzle-orm";
import { isText } from "#lib/graphql/arguments.ts";
import { platformTenantId } from "#lib/trust/platform-tenant.ts";
import { grants } from "#lib/trust/request-context.ts";
import { isUuid } from "#lib/uuid.ts";
import type { Database } from "../client.ts";
import { ofTenant } from "../tenant-predicate.ts";
import { statement } from "../statement.ts";
import { folded, foldedValue } from "./folded-name.ts";
import { apiKeys } from "./schema/api-keys.ts";
import { roles } from "./schema/roles.ts";
import { tenants } from "./schema/tenants.ts";
import { userRoles } from "./schema/user-roles.ts";
import { userSessions } from "./schema/user-sessions.ts";
import { users } from "./schema/users.ts";

// What is known of a credential before its holder is identified. It is read under the system role, across tenants, by a value that only the holder has.

/** A credential that is valid now, and its holder. */
export interface Credential {
  /** The id of the session or the key. */
  id: string;
  userId: string;
  username: string;
  userTenantId: string;
  /** The tenant whose rows the credential may reach: the user's own, or the one that a user of the platform acts in. */
  tenantId: string;
  /** What the user may do, from all of their roles, in no order. */
  permissions: string[];
  expiresAt: Date | null;
  lastUsedAt: Date | null;
}

export interface KeyCredential extends Credential {
  keyHash: string;
  scopes: string[];
  rateLimitPerMinute: number;
}

/** Whether the user of the statement has the role, either as the default role or because it was granted to them. */
const isHeld = sql`(
    ${roles.tenantId} is null and ${roles.name} = ${users.role}::text
    or ${roles.id} in (select ${userRoles.roleId} from ${userRoles} where ${userRoles.userId} = ${users.id})
      and (${roles.tenantId} is null or ${roles.tenantId} = ${users.tenantId}))`;

/** The rights of the statement's user, from the default role and from the granted roles. */
const permissions = sql`(
  select coalesce(array_agg(distinct permission), '{}') from ${roles}, jsonb_array_elements_text(${roles.permissions}) as permission
  where ${isHeld})`;

const holder = sql`
  ${users.id} as "userId", ${users.username} as "username", ${users.tenantId} as "userTenantId", ${permissions} as "permissions"`;

const enabledTenant = (tenant: unknown) =>
  sql`exists (select from ${tenants} where ${tenants.id} = ${tenant} and ${tenants.enabled})`;

/** A user who acts in another tenant than their own needs the right to do so for as long as they do. */
const mayActThere = ({ tenantId, userTenantId, permissions: held }: Credential): boolean =>
  tenantId === userTenantId || grants(held, "tenant:act");

const session = (found: SQL) =>
  statement<Credential>(
    () => sql`
    select ${userSessions.id} as "id", ${holder}, coalesce(${userSessions.actsInTenantId}, ${users.tenantId}) as "tenantId",
      ${userSessions.expiresAt} as "expiresAt", ${userSessions.lastUsedAt} as "lastUsedAt"
    from ${userSessions} join ${users} on ${users.id} = ${userSessions.userId} and ${users.disabledAt} is null
    where ${found} and ${userSessions.expiresAt} > now()
      and ${userSessions.lastUsedAt} > now() - ${sql.placeholder("idle")}::interval
      and ${enabledTenant(users.tenantId)} and ${enabledTenant(sql`coalesce(${userSessions.actsInTenantId}, ${users.tenantId})`)}
      and (${userSessions.actsInTenantId} is null or ${users.tenantId} = ${platformTenantId}::uuid)`,
  );

const sessions = {
  tokenHash: session(sql`${userSessions.tokenHash} = ${sql.placeholder("tokenHash")}`),
  id: session(sql`${userSessions.id} = ${sql.placeholder("id")}::uuid`),
};

/** Returns the session of a token, or of an id, if it is valid. @param idle how long a session lasts without being used, as an ISO 8601 duration */
export async function sessionCredential(
  system: Database,
  by: { tokenHash: string } | { id: string },
  idle: string,
): Promise<Credential | undefined> {
  const [found] = await system.run("id" in by ? sessions.id : sessions.tokenHash, { ...by, idle });
  return found && mayActThere(found) ? found : undefined;
}

const key = statement<KeyCredential>(
  () => sql`
    select ${apiKeys.id} as "id", ${holder}, coalesce(${apiKeys.actsInTenantId}, ${users.tenantId}) as "tenantId",
      ${apiKeys.keyHash} as "keyHash", ${apiKeys.scopes} as "scopes", ${apiKeys.rateLimitPerMinute} as "rateLimitPerMinute",
      ${apiKeys.expiresAt} as "expiresAt", ${apiKeys.lastUsedAt} as "lastUsedAt"
    from ${apiKeys} join ${users} on ${users.id} = ${apiKeys.userId} and ${users.disabledAt} is null
    where ${apiKeys.id} = ${sql.placeholder("id")}::uuid and ${apiKeys.revokedAt} is null
      and (${apiKeys.expiresAt} is null or ${apiKeys.expiresAt} > now())
      and ${enabledTenant(users.tenantId)} and ${enabledTenant(sql`coalesce(${apiKeys.actsInTenantId}, ${users.tenantId})`)}
      and (${apiKeys.actsInTenantId} is null or ${users.tenantId} = ${platformTenantId}::uuid)`,
);

/** Returns the key of this id, if it is valid. Whether the caller holds its secret is not known yet. */
export async function keyCredential(system: Database, id: string): Promise<KeyCredential | undefined> {
  const [found] = await system.run(key, { id });
  return found && mayActThere(found) ? found : undefined;
}

const keyOwner = statement<{ tenantId: string }>(
  () =>
    sql`select ${apiKeys.tenantId} as "tenantId" from ${apiKeys} where ${apiKeys.id} = ${sql.placeholder("id")}::uuid`,
);

/** Returns the tenant that the key of this id belongs to, whether the key is valid or not. */
export async function tenantOfKey(system: Database, id: string): Promise<string | undefined> {
  return (await system.run(keyOwner, { id }))[0]?.tenantId;
}

const rights = statement<{ permissions: string[] }>(
  () => sql`
    select ${permissions} as "permissions" from ${users}
    where ${users.id} = ${sql.placeholder("userId")}::uuid and ${users.disabledAt} is null and ${enabledTenant(users.tenantId)}`,
);

/** Returns what a user may do; undefined when there is no such user, or when the user or their tenant is disabled. */
export async function permissionsOfUser(system: Database, userId: string): Promise<string[] | undefined> {
  return (await system.run(rights, { userId }))[0]?.permissions;
}

export interface Account {
  userId: string;
  tenantId: string;
  username: string;
  /** Whether a user of another tenant has the same login. */
  isShared: boolean;
}

const isNamed = (login: string) =>
  sql`(${folded(users.username)} = ${foldedValue(login)} or ${folded(users.email)} = ${foldedValue(login)})`;
const oldestFirst = sql`order by ${users.createdAt}, ${users.id} limit 2`;
const theAccount = sql`${users.id} as "userId", ${users.tenantId} as "tenantId", ${users.username} as "username"`;

const anywhere = statement<Omit<Account, "isShared">>(
  () => sql`select ${theAccount} from ${users} where ${isNamed("login")} ${oldestFirst}`,
);
const inTenant = statement<Omit<Account, "isShared">>(
  () => sql`
    select ${theAccount} from ${users} join ${tenants} on ${tenants.id} = ${users.tenantId}
    where ${tenants.name} = lower(${sql.placeholder("tenant")}::text) and ${isNamed("login")} ${oldestFirst}`,
);

/**
 * Returns the account that has this e-mail address or username, disabled users included. The login is `alice`, or `acme/alice` for the one of the tenant acme.
 * Names are unique only within a tenant. Without a tenant, the login means the oldest account, so a user that another tenant creates locks no user out.
 */
export async function accountOf(system: Database, login: string): Promise<Account | undefined> {
  if (!isText(login)) return undefined;
  const slash = login.indexOf("/");
  const qualified =
    slash < 0 ? [] : await system.run(inTenant, { tenant: login.slice(0, slash), login: login.slice(slash + 1) });
  const found = qualified.length > 0 ? qualified : await system.run(anywhere, { login });
  return found[0] && { ...found[0], isShared: found.length > 1 };
}

const accountById = statement<Account>(
  () => sql`
    select ${users.id} as "userId", ${users.tenantId} as "tenantId", ${users.username} as "username" from ${users}
    where ${users.id} = ${sql.placeholder("id")}::uuid`,
);

export async function accountWithId(system: Database, id: string): Promise<Account | undefined> {
  return isUuid(id) ? (await system.run(accountById, { id }))[0] : undefined;
}

const acting = statement<{ permissions: string[] }>(
  () => sql`
    select ${permissions} as "permissions" from ${users}
    where ${users.id} = ${sql.placeholder("userId")}::uuid and ${users.tenantId} = ${platformTenantId}::uuid
      and ${enabledTenant(sql`${sql.placeholder("tenantId")}::uuid`)}`,
);

/** Returns whether a user may sign in, or have a key, to act in this tenant. Users of the platform who may `tenant:act` may do so, in an enabled tenant. */
export async function mayActIn(system: Database, { userId }: { userId: string }, tenantId: string): Promise<boolean> {
  if (!isUuid(tenantId)) return false;
  const [user] = await system.run(acting, { userId, tenantId });
  return user !== undefined && grants(user.permissions, "tenant:act");
}

const actable = statement<{ id: string; name: string; permissions: string[] }>(
  () => sql`
    select ${tenants.id} as "id", ${tenants.name} as "name", ${permissions} as "permissions" from ${users}, ${tenants}
    where ${users.id} = ${sql.placeholder("userId")}::uuid and ${users.tenantId} = ${platformTenantId}::uuid and ${tenants.enabled}
    order by ${tenants.name} limit 1000`,
);

/** Returns the tenants in which `mayActIn` allows a user to act; null when there are none. */
export async function actableTenants(system: Database, userId: string): Promise<{ id: string; name: string }[] | null> {
  const found = await system.run(actable, { userId });
  const may = found[0] !== undefined && grants(found[0].permissions, "tenant:act");
  return may ? found.map(({ id, name }) => ({ id, name })) : null;
}

const anyUser = statement<{ found: boolean }>(
  () => sql`select exists (select from ${users} where ${ofTenant(users.tenantId)}) as "found"`,
);

export async function hasUsers(system: Database, tenantId: string): Promise<boolean> {
  return (await system.run(anyUser, { tenantId }))[0]?.found ?? false;
}

/** The start of what is stored in place of a hash for the users and keys of an import: no password and no key matches it. */
export const noHash = "!";

const anyKeyUser = statement<{ found: boolean }>(
  () => sql`
    select exists (select from ${apiKeys} where ${apiKeys.keyHash} not like '${sql.raw(noHash)}%')
      or exists (select from ${users} where ${ofTenant(users.tenantId)}) as "found"`,
);

/**
 * Returns whether any tenant has an API key that a client can use, or the platform has a user. The first user of the platform gets a key. The keys of an
 * import are rows that no key matches, so they do not count.
 */
export async function hasKeyUsers(system: Database): Promise<boolean> {
  return (await system.run(anyKeyUser, { tenantId: platformTenantId }))[0]?.found ?? false;
}

const builtIn = statement<{ permissions: string[] }>(
  () => sql`
    select array(select jsonb_array_elements_text(${roles.permissions})) as "permissions" from ${roles}
    where ${roles.tenantId} is null and ${roles.name} = ${sql.placeholder("name")}`,
);

/** Returns what a built-in role may do. */
export async function builtInPermissions(system: Database, name: string): Promise<string[]> {
  const [role] = await system.run(builtIn, { name });
  if (!role) throw new Error(`There is no built-in role ${name}.`);
  return role.permissions;
}

const builtInNamed = statement<{ found: boolean }>(
  () => sql`
    select exists (select from ${roles} where ${roles.tenantId} is null and ${folded(roles.name)} = ${foldedValue("name")}) as "found"`,
);

/** Returns whether people would read a name as that of a built-in role. */
export async function isBuiltInRole(system: Database, name: string): Promise<boolean> {
  return (await system.run(builtInNamed, { name }))[0]?.found ?? false;
}

export interface GrantedPermission {
  permission: string;
  /** The names of the roles that grant the permission. */
  because: string[];
}

const granted = statement<GrantedPermission & { userId: string }>(
  () => sql`
    select ${users.id} as "userId", permission as "permission", array_agg(${roles.name} order by ${roles.name}) as "because"
    from ${users}, ${roles}, jsonb_array_elements_text(${roles.permissions}) as permission
    where ${users.id} = any(${sql.placeholder("userIds")}::uuid[])
      and ${isHeld}
    group by ${users.id}, permission order by ${users.id}, permission`,
);

/** Returns the permissions of each user in alphabetical order, each with the roles that grant it; empty for a user without any. */
export async function grantedPermissions(system: Database, userIds: readonly string[]): Promise<GrantedPermission[][]> {
  const byUser = new Map<string, GrantedPermission[]>(userIds.map((id) => [id, []]));
  for (const { userId, ...permission } of await system.run(granted, { userIds })) byUser.get(userId)?.push(permission);
  return userIds.map((id) => byUser.get(id) ?? []);
}

const named = statement<{ id: string }>(
  () => sql`select ${tenants.id} as "id" from ${tenants} where ${tenants.name} = ${sql.placeholder("name")}`,
);

/** Returns the id of the tenant of this name. */
export async function tenantNamed(system: Database, name: string): Promise<string | undefined> {
  return isText(name) ? (await system.run(named, { name }))[0]?.id : undefined;
}

const tenantById = statement<{ id: string }>(
  () => sql`select ${tenants.id} as "id" from ${tenants} where ${tenants.id} = ${sql.placeholder("id")}::uuid`,
);

/** Returns the id, as the database writes it, when there is such a tenant. */
export async function tenantWithId(system: Database, id: string): Promise<string | undefined> {
  return isUuid(id) ? (await system.run(tenantById, { id }))[0]?.id : undefined;
}

const nameById = statement<{ name: string }>(
  () => sql`select ${tenants.name} as "name" from ${tenants} where ${tenants.id} = ${sql.placeholder("id")}::uuid`,
);

export async function tenantNameOf(system: Database, id: string): Promise<string | undefined> {
  return isUuid(id) ? (await system.run(nameById, { id }))[0]?.name : undefined;
}
