import type { PermittedCredential } from "#db/auth/connection-ticket-writes.ts";
import type {
  Permitted,
  PermittedAccount,
  PermittedKey,
  PermittedRights,
  PermittedRole,
  PermittedSession,
} from "#db/auth/permitted.ts";
import type { RoleRow } from "#db/auth/schema/roles.ts";
import {
  type CredentialOwner,
  expiryOfKey,
  type KeyContents,
  lockAccountRights,
  lockKey,
  lockRole,
  ownerOfSession,
} from "#db/auth/target-rights.ts";
import { accountWithId, permissionsOfUser } from "#db/auth/credentials.ts";
import type { Database, WriteTx } from "#db/client.ts";
import { grants, type Identity } from "#lib/trust/request-context.ts";
import { userError } from "#lib/graphql/user-errors.ts";
import { done, notThere, refused, type Refused } from "#subgraphs/use-case.ts";
import { homeOf } from "../services.ts";
import type { Outcome } from "../use-case.ts";
import { exceeding, intersection, isPermission } from "./permissions.ts";

// A request that creates, changes, rotates, resets, revokes or disables an account, role, key or session is refused when the target has, or would get,
// rights that the credential of the request lacks: docs/decisions/rights-of-the-credential.md. The functions that write them accept only `Permitted`
// values. Only this file creates such values, in the transaction of the write, in which the compared rights cannot change.

type Caller = Pick<Identity, "permissions">;
type Escalation = Refused<"SCOPE_EXCEEDS_RIGHTS">;

/** Returns the refusal when these rights exceed the rights of the caller, and undefined otherwise. */
const escalation = (
  { permissions }: Caller,
  rights: readonly string[],
  field?: string,
  message?: string,
): Escalation | undefined =>
  exceeding(rights, permissions).length > 0 ? refused(userError("SCOPE_EXCEEDS_RIGHTS", field, message)) : undefined;

/** Marks a checked value as permitted for the functions that write it. No other code has this cast. */
const permit = <What extends string, Value>(value: Value) => value as Permitted<What, Value>;

const maxPermissions = 100;

/** Permits the permissions of a new object. Refuses malformed and too many permissions, and more than the caller's. */
export function permitRights(caller: Caller, permissions: readonly string[], field: string): Outcome<PermittedRights> {
  if (permissions.length > maxPermissions || !permissions.every(isPermission))
    return refused(userError("PERMISSION_INVALID", field));
  return exceedingRights(caller, permissions, field) ?? done(permit<"rights", readonly string[]>(permissions));
}

/** The rights of the first administrator's key, from which all other rights derive. */
export const rightsOfTheInstallation = permit<"rights", readonly string[]>(["*"]);

/** Permits a built-in role as a default role. @param permissions the permissions of the role */
export const permitDefaultRole = <Role extends string>(
  caller: Caller,
  role: Role,
  permissions: readonly string[],
): Outcome<Permitted<"default role", Role>> =>
  exceedingRights(caller, permissions, "role") ?? done(permit<"default role", Role>(role));

const exceedingRights = (caller: Caller, wanted: readonly string[], field: string) =>
  escalation(
    caller,
    wanted,
    field,
    `You may not do this yourself: ${exceeding(wanted, caller.permissions).join(", ")}.`,
  );

/** Permits an account of the transaction's tenant, including disabled accounts. */
export async function permitAccount(
  tx: WriteTx,
  identity: Identity,
  userId: string,
): Promise<Outcome<PermittedAccount>> {
  if (!isSessionOf(identity, userId) || tx.tenantId !== homeOf(identity)) {
    const rights = await lockAccountRights(tx, userId);
    if (!rights) return notThere("user");
    const refusal = escalation(identity, reaching(tx.tenantId, identity, rights));
    if (refusal) return refusal;
  }
  return done(permit<"account", string>(userId));
}

/** Permits the account whose password the caller has just proved: the caller acts with the rights of the account. */
export const provedAccount = (userId: string): PermittedAccount => permit<"account", string>(userId);

/**
 * Permits the account that a password reset code belongs to. A code acts with the rights of the user who created it. It is void once that user is
 * disabled or may no longer act on the account.
 * @param take uses up the code while the account's row is locked; resolves with undefined when there is no such code
 * @returns undefined when there is no such code, or it is void
 */
export async function permitReset(
  tx: WriteTx,
  system: Database,
  userId: string,
  take: () => Promise<{ createdBy: string | null } | undefined>,
): Promise<PermittedAccount | undefined> {
  const rights = await lockAccountRights(tx, userId);
  const code = rights && (await take());
  if (!code) return undefined;
  const account = permit<"account", string>(userId);
  // The command line created it, and the command line may do everything.
  if (code.createdBy === null) return account;
  const maker = await accountWithId(system, code.createdBy);
  const permissions = maker && (await permissionsOfUser(system, maker.userId));
  if (!permissions) return undefined;
  const needed = ["user:update", ...rights, ...(maker.tenantId === tx.tenantId ? [] : ["tenant:act"])];
  return escalation({ permissions }, needed) ? undefined : account;
}

interface PermittedRoleRow {
  id: PermittedRole;
  role: RoleRow;
}

/** Permits a role of the tenant's own. Refuses a built-in role. */
export async function permitRole(tx: WriteTx, identity: Identity, id: string): Promise<Outcome<PermittedRoleRow>> {
  const role = await lockRole(tx, id, "change");
  return role?.tenantId === null ? refused(userError("ROLE_BUILT_IN")) : judgedRole(identity, role);
}

/** Permits a role of the tenant's own or a built-in role, to be granted or revoked. */
export const permitGrantOf = async (tx: WriteTx, identity: Identity, id: string): Promise<Outcome<PermittedRoleRow>> =>
  judgedRole(identity, await lockRole(tx, id, "keep"));

const judgedRole = (identity: Identity, role: RoleRow | undefined): Outcome<PermittedRoleRow> =>
  role
    ? (escalation(identity, role.permissions) ?? done({ id: permit<"role", string>(role.id), role }))
    : notThere("role");

/** Permits a session: the caller's own or, with `session:revoke`, any session of the tenant. A session has all rights of its user. */
export async function permitSession(tx: WriteTx, identity: Identity, id: string): Promise<Outcome<PermittedSession>> {
  const session = await ownerOfSession(tx, id);
  if (!session || !sees(tx, identity, session, "session:revoke")) return notThere("session");
  const refusal = await refusalOf(tx, identity, session, (ofOwner) => ofOwner);
  return refusal ?? done(permit<"session", string>(id));
}

/**
 * Permits a key that is to be changed or revoked: the caller's own or, with the permission, any key of the tenant. The rights of a key are those of its
 * scopes that its owner has.
 */
export async function permitKey(
  tx: WriteTx,
  identity: Identity,
  id: string,
  permission: "api_key:revoke" | "api_key:update",
): Promise<Outcome<PermittedKey>> {
  const key = await lockKey(tx, id);
  if (!key || !sees(tx, identity, key, permission)) return notThere("API key");
  if (!isKey(identity, id)) {
    const refusal = await refusalOf(tx, identity, key, (ofOwner) => intersection(key.scopes, ofOwner));
    if (refusal) return refusal;
  }
  return done(permit<"key", string>(id));
}

/**
 * Permits a key that is to be rotated: a key of the caller or, for services, any key. The caller receives the new key. The scopes are compared in full,
 * regardless of what the owner may do today, because the new key keeps them.
 */
export async function permitKeyRotation(
  tx: WriteTx,
  identity: Identity,
  id: string,
): Promise<Outcome<{ id: PermittedKey; scopes: PermittedRights }>> {
  const key = await lockKey(tx, id);
  if (!key || !(isOwner(identity, key.userId) || identity.kind === "service")) return notThere("API key");
  if (!isKey(identity, id)) {
    const refusal = await refusalOf(tx, identity, key, () => key.scopes);
    if (refusal) return refusal;
  }
  const outlasts = await refusalOfExpiry(tx, identity, key.expiresAt);
  return outlasts ?? done({ id: permit<"key", string>(id), scopes: permit<"rights", readonly string[]>(key.scopes) });
}

/** Refuses a key that a key creates and that would outlast it. The transaction must be in the tenant that the caller belongs to. */
export async function refusalOfExpiry(
  tx: WriteTx,
  { credential }: Identity,
  expiresAt: KeyContents["expiresAt"],
  field?: string,
): Promise<Refused<"EXPIRY_INVALID"> | undefined> {
  if (credential?.kind !== "api_key") return undefined;
  const latest = await expiryOfKey(tx, credential.id);
  if (!latest || (expiresAt && expiresAt <= latest)) return undefined;
  const rule = `A key cannot make a key that expires later than itself: at most ${latest.toISOString()}.`;
  return refused(userError("EXPIRY_INVALID", field, rule));
}

/** Permits the credential that the request was sent with, whose rights never exceed its own. */
export const ownCredential = ({ credential }: Identity): PermittedCredential | undefined =>
  credential && permit<"credential", typeof credential>(credential);

async function refusalOf(
  tx: WriteTx,
  identity: Identity,
  { userId, actsInTenantId }: CredentialOwner,
  rightsOf: (ofOwner: readonly string[]) => readonly string[],
): Promise<Escalation | undefined> {
  if (isSessionOf(identity, userId)) return undefined;
  // Every credential has an account. One without would need all rights.
  const rights = rightsOf((await lockAccountRights(tx, userId)) ?? ["*"]);
  return escalation(identity, reaching(actsInTenantId ?? tx.tenantId, identity, rights));
}

const isOwner = ({ kind, id }: Identity, userId: string): boolean => kind === "user" && id === userId;

/** Whether the caller sees a credential: their own or, with the permission, one of the tenant in which they act. */
const sees = (tx: WriteTx, identity: Identity, { userId }: CredentialOwner, permission: string): boolean =>
  isOwner(identity, userId) || (tx.tenantId === identity.tenantId && grants(identity.permissions, permission));

/** Whether the caller is a session of the user. It has all rights of the user, including those granted after the caller was identified. */
const isSessionOf = (identity: Identity, userId: string): boolean =>
  isOwner(identity, userId) && identity.credential?.kind === "session";

/** Whether the request was sent with this key. */
const isKey = ({ credential }: Identity, id: string): boolean => credential?.kind === "api_key" && credential.id === id;

/** Returns the rights with `tenant:act` added when they apply in another tenant than the one in which the caller acts. */
const reaching = (tenantId: string, identity: Identity, rights: readonly string[]): readonly string[] =>
  tenantId === identity.tenantId ? rights : [...rights, "tenant:act"];

/**
 * Runs a function in the tenant that the caller belongs to, where the caller's own objects are, and then in the tenant in which they act.
 * @param inTenant acts on the object in one of the two tenants
 */
export async function inEitherTenant<Value>(
  identity: Identity,
  inTenant: (tenantId: string) => Promise<Outcome<Value>>,
): Promise<Outcome<Value>> {
  const home = await inTenant(homeOf(identity));
  return home.kind === "not there" && identity.tenantId !== homeOf(identity) ? inTenant(identity.tenantId) : home;
}
