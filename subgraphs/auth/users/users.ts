import { randomBytes } from "node:crypto";
import { z } from "zod";
import { builtInPermissions } from "#db/auth/credentials.ts";
import { endSessionsOf } from "#db/auth/session-writes.ts";
import { forgetAllWrongTries } from "#db/auth/sign-in-writes.ts";
import { insertUser, lockAdministrators, type PermittedDefaultRole, updateUser } from "#db/auth/user-writes.ts";
import { type PublicUserRow, userEntity } from "#db/auth/users.ts";
import type { WriteTx } from "#db/client.ts";
import { userError } from "#lib/graphql/user-errors.ts";
import type { RequestContext } from "#lib/trust/request-context.ts";
import { done, errorsOf, notThere, refused, scopeOf } from "#subgraphs/use-case.ts";
import { permitAccount, permitDefaultRole } from "../credentials/escalation.ts";
import { isReadable, writtenName } from "../names.ts";
import { passwordProblem } from "../passwords/password-rules.ts";
import type { AuthServices } from "../services.ts";
import { type Outcome, write } from "../use-case.ts";

type Role = PublicUserRow["role"];

export interface UserInput {
  username: string;
  email: string;
  role?: Role | null | undefined;
  /** Without one, a password is generated and returned once. */
  password?: string | null | undefined;
}

const usernamePattern = /^[\p{L}0-9][\p{L}0-9._-]{1,63}$/u;
const usernameRule =
  "A username has 2 to 64 characters: letters of one script, digits, and . _ - after the first. None of them is invisible.";
// No slash: `acme/alice@example.org` means alice@example.org of the tenant acme.
const address = z
  .email()
  .max(255)
  .regex(/^[^/]+$/);

/** Creates a user in the caller's tenant. The role may hold no permission that the caller lacks. */
export async function createUser(
  services: AuthServices,
  request: RequestContext,
  input: UserInput,
): Promise<Outcome<{ user: PublicUserRow; password: string | null }>> {
  const username = writtenName(input.username);
  const email = input.email.trim();
  const given = input.password ?? null;
  const password = given ?? randomBytes(18).toString("base64url");
  const role = await permittedRole(services, request, input.role ?? "user");
  const errors = [
    usernamePattern.test(username) && isReadable(username)
      ? undefined
      : userError("NAME_INVALID", "username", usernameRule),
    address.safeParse(email).success ? undefined : userError("EMAIL_INVALID", "email"),
    given === null ? undefined : passwordProblem(given, [username, email], "password"),
    ...errorsOf(role),
  ].filter((error) => error !== undefined);
  if (errors.length > 0 || role.kind !== "done") return refused(...errors);
  const passwordHash = await services.limits.ofNewUsers(scopeOf(request).tenantId, () =>
    services.hasher.hash(password),
  );
  return write(services, request, async (tx) => {
    const user = await insertUser(tx, { username, email, role: role.value, passwordHash });
    if (!user) return refused(userError("NAME_TAKEN"));
    const audit = { action: "user.create", metadata: { userId: user.id, role: role.value } };
    return done({ user, password: given === null ? password : null }, audit);
  });
}

/** Changes a user's default role. Neither the old nor the new role may have more rights than the caller. */
export async function setUserRole(
  services: AuthServices,
  request: RequestContext,
  { id, role }: { id: string; role: Role },
): Promise<Outcome<{ user: PublicUserRow }>> {
  const permitted = await permittedRole(services, request, role);
  return write(services, request, async (tx) => {
    const isLast = role !== "admin" && (await isLastAdministrator(tx, id));
    const account = await permitAccount(tx, request.identity, id);
    if (account.kind !== "done") return account;
    if (permitted.kind !== "done") return permitted;
    if (isLast) return refused(userError("LAST_ADMINISTRATOR"));
    const user = await updateUser(tx, account.value, "role", { role: permitted.value });
    return user ? done({ user }, { action: "user.set_role", metadata: { userId: id, role } }) : unchanged(tx, id);
  });
}

/** Disables a user and ends all their sessions. */
export async function disableUser(
  services: AuthServices,
  request: RequestContext,
  { id }: { id: string },
): Promise<Outcome<{ user: PublicUserRow }>> {
  return write(services, request, async (tx) => {
    const isLast = await isLastAdministrator(tx, id);
    const account = await permitAccount(tx, request.identity, id);
    if (account.kind !== "done") return account;
    if (isLast) return refused(userError("LAST_ADMINISTRATOR"));
    const user = await updateUser(tx, account.value, "disabled");
    if (!user) return unchanged(tx, id);
    await endSessionsOf(tx, account.value, null);
    return done({ user }, { action: "user.disable", metadata: { userId: id } });
  });
}

/** Enables a disabled user. */
export async function enableUser(
  services: AuthServices,
  request: RequestContext,
  { id }: { id: string },
): Promise<Outcome<{ user: PublicUserRow }>> {
  return write(services, request, async (tx) => {
    const account = await permitAccount(tx, request.identity, id);
    if (account.kind !== "done") return account;
    const user = await updateUser(tx, account.value, "enabled");
    return user ? done({ user }, { action: "user.enable", metadata: { userId: id } }) : unchanged(tx, id);
  });
}

/** Resets the failed sign-ins of another user, which ends a lock. The caller's own account stays unchanged. */
export async function unlockUser(
  services: AuthServices,
  request: RequestContext,
  { id }: { id: string },
): Promise<Outcome<{ user: PublicUserRow }>> {
  return write(services, request, async (tx) => {
    const account = await permitAccount(tx, request.identity, id);
    if (account.kind !== "done") return account;
    // The count is the only limit on guesses of the current password in `changePassword`: its owner must not reset it.
    if (request.identity.kind === "user" && request.identity.id === id) return unchanged(tx, id);
    const user = await forgetAllWrongTries(tx, account.value);
    return user ? done({ user }, { action: "user.unlock", metadata: { userId: id } }) : unchanged(tx, id);
  });
}

/** Returns a user that a request did not need to change. */
async function unchanged(tx: WriteTx, id: string): Promise<Outcome<{ user: PublicUserRow }>> {
  const [user] = await userEntity.byId(tx, [id]);
  return user ? done({ user }) : notThere("user");
}

const permittedRole = async (
  { system }: AuthServices,
  { identity }: RequestContext,
  role: Role,
): Promise<Outcome<PermittedDefaultRole>> => permitDefaultRole(identity, role, await builtInPermissions(system, role));

/** Locks the administrators before the account that is to change, always in one order, so that two administrators who change each other do not deadlock. */
async function isLastAdministrator(tx: WriteTx, userId: string): Promise<boolean> {
  const administrators = await lockAdministrators(tx);
  return administrators.length === 1 && administrators[0] === userId;
}
