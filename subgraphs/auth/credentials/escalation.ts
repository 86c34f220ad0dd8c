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
import { type UserError, userError } from "#lib/graphql/user-errors.ts";
import { homeOf } from "../services.ts";
import { exceeding, intersection, isPermission } from "./permissions.ts";

// A request that creates, changes, rotates, resets, revokes or disables an account, role, key or session is refused when the target has, or would get,
// rights that the credential of the request lacks: docs/decisions/rights-of-the-credential.md. The functions that write them accept only `Permitted`
// values. Only this file creates such values, in the transaction of the write, in which the compared rights cannot change.

/** A target that may be acted on, the error when it may not, or undefined when none is visible to the caller. */
export type Judged<Target> = Target | UserError | undefined;

type Caller = Pick<Identity, "permissions">;

/** Returns an error when these rights exceed the rights of the caller, and undefined otherwise. */
function escalation({ permissions }: Caller, rights: readonly string[], message?: string, field?: string) {
  return exceeding(rights, permissions).length > 0 ? userError("SCOPE_EXCEEDS_RIGHTS", message, field) : undefined;
}

/** Marks a checked value as permitted for the functions that write it. No other code has this cast. */
const permit = <What extends string, Value>(value: Value) => value as Permitted<What, Value>;

const maxPermissions = 100;

/**
 * Permits the permissions of a new object.
 * @returns PERMISSION_INVALID for malformed or too many permissions, SCOPE_EXCEEDS_RIGHTS for more than the caller's
 */
export function permitRights(
  caller: Caller,
  permissions: readonly string[],
  field: string,
): PermittedRights | UserError {
  if (permissions.length > maxPermissions || !permissions.every(isPermission))
    return userError("PERMISSION_INVALID", undefined, field);
  return exceedingRights(caller, permissions, field) ?? permit<"rights", readonly string[]>(permissions);
}

/** The rights of the first administrator's key, from which all other rights derive. */
export const rightsOfTheInstallation = permit<"rights", readonly string[]>(["*"]);

/** Permits a built-in role as a default role. @param permissions the permissions of the role */
export const permitDefaultRole = <Role extends string>(
  caller: Caller,
  role: Role,
  permissions: readonly string[],
): Permitted<"default role", Role> | UserError =>
  exceedingRights(caller, permissions, "role") ?? permit<"default role", Role>(role);

const exceedingRights = (caller: Caller, wanted: readonly string[], field: string) =>
  escalation(
    caller,
    wanted,
    `You may not do this yourself: ${exceeding(wanted, caller.permissions).join(", ")}.`,
    field,
  );

/** Permits an account of the transaction's tenant, including disabled accounts. */
export async function permitAccount(
  tx: WriteTx,
  identity: Identity,
  userId: string,
): Promise<Judged<{ id: PermittedAccount }>> {
  if (!isSessionOf(identity, userId) || tx.tenantId !== homeOf(identity)) {
    const rights = await lockAccountRights(tx, userId);
    if (!rights) return undefined;
    const refusal = escalation(identity, reaching(tx.tenantId, identity, rights));
    if (refusal) return refusal;
  }
  return { id: permit<"account", string>(userId) };
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

/** Permits a role of the tenant's own. @returns ROLE_BUILT_IN for a built-in role */
export async function permitRole(
  tx: WriteTx,
  identity: Identity,
  id: string,
): Promise<Judged<{ id: PermittedRole; role: RoleRow }>> {
  const role = await lockRole(tx, id, "change");
  return role?.tenantId === null ? userError("ROLE_BUILT_IN") : judgedRole(identity, role);
}

/** Permits a role of the tenant's own or a built-in role, to be granted or revoked. */
export const permitGrantOf = async (
  tx: WriteTx,
  identity: Identity,
  id: string,
): Promise<Judged<{ id: PermittedRole; role: RoleRow }>> => judgedRole(identity, await lockRole(tx, id, "keep"));

const judgedRole = (identity: Identity, role: RoleRow | undefined) =>
  role && (escalation(identity, role.permissions) ?? { id: permit<"role", string>(role.id), role });

/** Permits a session: the caller's own or, with `session:revoke`, any session of the tenant. A session has all rights of its user. */
export async function permitSession(
  tx: WriteTx,
  identity: Identity,
  id: string,
): Promise<Judged<{ id: PermittedSession }>> {
  const session = await ownerOfSession(tx, id);
  if (!session || !sees(tx, identity, session, "session:revoke")) return undefined;
  const refusal = await refusalOf(tx, identity, { kind: "session", id, ...session }, (ofOwner) => ofOwner);
  return refusal ?? { id: permit<"session", string>(id) };
}

/**
 * Permits a key that is to be revoked: the caller's own or, with `api_key:revoke`, any key of the tenant. The rights of a key are those of its scopes
 * that its owner has.
 */
export async function permitKey(tx: WriteTx, identity: Identity, id: string): Promise<Judged<{ id: PermittedKey }>> {
  const key = await lockKey(tx, id);
  if (!key || !sees(tx, identity, key, "api_key:revoke")) return undefined;
  const refusal = await refusalOf(tx, identity, { kind: "api_key", id, ...key }, (ofOwner) =>
    intersection(key.scopes, ofOwner),
  );
  return refusal ?? { id: permit<"key", string>(id) };
}

/**
 * Permits a key that is to be rotated: a key of the caller or, for services, any key. The caller receives the new key. The scopes are compared in full,
 * regardless of what the owner may do today, because the new key keeps them.
 */
export async function permitKeyRotation(
  tx: WriteTx,
  identity: Identity,
  id: string,
): Promise<Judged<{ id: PermittedKey; scopes: PermittedRights }>> {
  const key = await lockKey(tx, id);
  if (!key || !(isOwner(identity, key.userId) || identity.kind === "service")) return undefined;
  const refusal =
    (await refusalOf(tx, identity, { kind: "api_key", id, ...key }, () => key.scopes)) ??
    (isCredential(identity, "api_key", id) ? undefined : await refusalOfExpiry(tx, identity, key.expiresAt));
  return refusal ?? { id: permit<"key", string>(id), scopes: permit<"rights", readonly string[]>(key.scopes) };
}

/** Returns EXPIRY_INVALID when a key creates a key that would outlast it. The transaction must be in the tenant that the caller belongs to. */
export async function refusalOfExpiry(
  tx: WriteTx,
  { credential }: Identity,
  expiresAt: KeyContents["expiresAt"],
  field?: string,
): Promise<UserError | undefined> {
  if (credential?.kind !== "api_key") return undefined;
  const latest = await expiryOfKey(tx, credential.id);
  if (!latest || (expiresAt && expiresAt <= latest)) return undefined;
  return userError(
    "EXPIRY_INVALID",
    `A key cannot make a key that expires later than itself: at most ${latest.toISOString()}.`,
    field,
  );
}

/** Permits the credential that the request was sent with, whose rights never exceed its own. */
export const ownCredential = ({ credential }: Identity): PermittedCredential | undefined =>
  credential && permit<"credential", typeof credential>(credential);

type JudgedCredential = CredentialOwner & { kind: "session" | "api_key"; id: string };

async function refusalOf(
  tx: WriteTx,
  identity: Identity,
  { kind, id, userId, actsInTenantId }: JudgedCredential,
  rightsOf: (ofOwner: readonly string[]) => readonly string[],
): Promise<UserError | undefined> {
  if (isCredential(identity, kind, id) || isSessionOf(identity, userId)) return undefined;
  const rights = rightsOf((await lockAccountRights(tx, userId)) ?? []);
  return escalation(identity, reaching(actsInTenantId ?? tx.tenantId, identity, rights));
}

const isOwner = ({ kind, id }: Identity, userId: string): boolean => kind === "user" && id === userId;

/** Whether the caller sees a credential: their own or, with the permission, one of the tenant in which they act. */
const sees = (tx: WriteTx, identity: Identity, { userId }: CredentialOwner, permission: string): boolean =>
  isOwner(identity, userId) || (tx.tenantId === identity.tenantId && grants(identity.permissions, permission));

/** Whether the caller is a session of the user. It has all rights of the user, including those granted after the caller was identified. */
const isSessionOf = (identity: Identity, userId: string): boolean =>
  isOwner(identity, userId) && identity.credential?.kind === "session";

const isCredential = ({ credential }: Identity, kind: JudgedCredential["kind"], id: string): boolean =>
  credential?.kind === kind && credential.id === id;

/** Returns the rights with `tenant:act` added when they apply in another tenant than the one in which the caller acts. */
const reaching = (tenantId: string, identity: Identity, rights: readonly string[]): readonly string[] =>
  tenantId === identity.tenantId ? rights : [...rights, "tenant:act"];

/**
 * Runs a function in the tenant that the caller belongs to, where the caller's own objects are, and then in the tenant in which they act.
 * @param inTenant acts on the object in one of the two tenants; resolves with undefined when the object is not there
 */
export async function inEitherTenant<Done>(
  identity: Identity,
  inTenant: (tenantId: string) => Promise<Done | undefined>,
): Promise<Done | undefined> {
  const home = await inTenant(homeOf(identity));
  return home === undefined && identity.tenantId !== homeOf(identity) ? inTenant(identity.tenantId) : home;
}
