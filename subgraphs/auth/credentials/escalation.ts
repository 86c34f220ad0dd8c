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
import { grants, type Identity } from "#lib/request-context.ts";
import { type UserError, userError } from "#lib/user-errors.ts";
import { homeOf } from "../services.ts";
import { exceeding, intersection, isPermission } from "./permissions.ts";

// Whatever makes, changes, rotates, resets, revokes or disables an account, role, key or session is refused where that has, or would thereby get,
// rights that the credential of the request lacks: docs/decisions/rights-of-the-credential.md. What writes them takes `Permitted` values alone,
// and they are made here alone, in the transaction of the write, in which the rights that were compared cannot change.

/** A target that may be acted on, why it may not, or undefined where none is visible to the caller. */
export type Judged<Target> = Target | UserError | undefined;

type Caller = Pick<Identity, "permissions">;

/** Whether the caller may bring about these rights: undefined, or why not. */
function escalation({ permissions }: Caller, rights: readonly string[], message?: string, field?: string) {
  return exceeding(rights, permissions).length > 0 ? userError("SCOPE_EXCEEDS_RIGHTS", message, field) : undefined;
}

/** The cast that nothing else has: what was judged is marked for the writers. */
const permit = <What extends string, Value>(value: Value) => value as Permitted<What, Value>;

const maxPermissions = 100;

/** Permissions for something new. @returns PERMISSION_INVALID for what are none, SCOPE_EXCEEDS_RIGHTS for more than the caller's */
export function permitRights(
  caller: Caller,
  permissions: readonly string[],
  field: string,
): PermittedRights | UserError {
  if (permissions.length > maxPermissions || !permissions.every(isPermission))
    return userError("PERMISSION_INVALID", undefined, field);
  return exceedingRights(caller, permissions, field) ?? permit<"rights", readonly string[]>(permissions);
}

/** What everybody's rights come from: the first administrator's key. */
export const rightsOfTheInstallation = permit<"rights", readonly string[]>(["*"]);

/** A built-in role, by its name, with what it may do. */
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

/** An account of the transaction's tenant, disabled ones included. */
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

/** The account of who has just proved to be its user, by its password: they act with its rights. */
export const provedAccount = (userId: string): PermittedAccount => permit<"account", string>(userId);

/**
 * The account that a code for a new password is of. What a code does, its maker does: it is void once the maker is disabled or may no longer act on the
 * account.
 * @param take uses the code up, when the account is locked; undefined where it is none @returns undefined where the code is none, or void
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
  // The command line's: it may do everything.
  if (code.createdBy === null) return account;
  const maker = await accountWithId(system, code.createdBy);
  const permissions = maker && (await permissionsOfUser(system, maker.userId));
  if (!permissions) return undefined;
  const needed = ["user:update", ...rights, ...(maker.tenantId === tx.tenantId ? [] : ["tenant:act"])];
  return escalation({ permissions }, needed) ? undefined : account;
}

/** A role of the tenant's own. @returns ROLE_BUILT_IN for a built-in one */
export async function permitRole(
  tx: WriteTx,
  identity: Identity,
  id: string,
): Promise<Judged<{ id: PermittedRole; role: RoleRow }>> {
  const role = await lockRole(tx, id, "change");
  return role?.tenantId === null ? userError("ROLE_BUILT_IN") : judgedRole(identity, role);
}

/** A role of the tenant's own or a built-in one, to be given or taken. */
export const permitGrantOf = async (
  tx: WriteTx,
  identity: Identity,
  id: string,
): Promise<Judged<{ id: PermittedRole; role: RoleRow }>> => judgedRole(identity, await lockRole(tx, id, "keep"));

const judgedRole = (identity: Identity, role: RoleRow | undefined) =>
  role && (escalation(identity, role.permissions) ?? { id: permit<"role", string>(role.id), role });

/** A session: the caller's own, or with `session:revoke` anybody's of the tenant. It may do all that its user may. */
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

/** A key that is to end: the caller's own, or with `api_key:revoke` anybody's of the tenant. It may do what of its scopes its owner may. */
export async function permitKey(tx: WriteTx, identity: Identity, id: string): Promise<Judged<{ id: PermittedKey }>> {
  const key = await lockKey(tx, id);
  if (!key || !sees(tx, identity, key, "api_key:revoke")) return undefined;
  const refusal = await refusalOf(tx, identity, { kind: "api_key", id, ...key }, (ofOwner) =>
    intersection(key.scopes, ofOwner),
  );
  return refusal ?? { id: permit<"key", string>(id) };
}

/**
 * A key of the caller's, or for services any, whose successor the caller gets. Its scopes are judged as they are, whatever its owner may do today:
 * the successor keeps them.
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

/** EXPIRY_INVALID where a key makes one that outlasts it. The transaction is in the caller's own tenant. */
export async function refusalOfExpiry(
  tx: WriteTx,
  { credential }: Identity,
  expiresAt: KeyContents["expiresAt"],
  field?: string,
): Promise<UserError | undefined> {
  if (credential?.kind !== "api_key") return undefined;
  const latest = await expiryOfKey(tx, credential.id);
  if (!latest || (expiresAt && expiresAt <= latest)) return undefined;
  return userError("EXPIRY_INVALID", `A key makes none that outlasts it: until ${latest.toISOString()}.`, field);
}

/** What the request was sent with, which is never more than itself. */
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

/** Of what is not the caller's own, only that of the tenant in which they act. */
const sees = (tx: WriteTx, identity: Identity, { userId }: CredentialOwner, permission: string): boolean =>
  isOwner(identity, userId) || (tx.tenantId === identity.tenantId && grants(identity.permissions, permission));

/** A session may do all that its user may, also what was granted since the caller was identified. */
const isSessionOf = (identity: Identity, userId: string): boolean =>
  isOwner(identity, userId) && identity.credential?.kind === "session";

const isCredential = ({ credential }: Identity, kind: JudgedCredential["kind"], id: string): boolean =>
  credential?.kind === kind && credential.id === id;

/** Rights in another tenant than the one in which the caller acts take the right to act there. */
const reaching = (tenantId: string, identity: Identity, rights: readonly string[]): readonly string[] =>
  tenantId === identity.tenantId ? rights : [...rights, "tenant:act"];

/**
 * Looks for what may be the caller's own, which is in the tenant that they belong to, or another's, which is in the one that they act in.
 * @param inTenant does it in one of the two; undefined where it is not there
 */
export async function inEitherTenant<Done>(
  identity: Identity,
  inTenant: (tenantId: string) => Promise<Done | undefined>,
): Promise<Done | undefined> {
  const home = await inTenant(homeOf(identity));
  return home === undefined && identity.tenantId !== homeOf(identity) ? inTenant(identity.tenantId) : home;
}
