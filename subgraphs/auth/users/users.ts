import { randomBytes } from "node:crypto";
import { z } from "zod";
import { recordAudit } from "#db/auth/audit-writes.ts";
import { builtInPermissions } from "#db/auth/credentials.ts";
import { endSessionsOf } from "#db/auth/session-writes.ts";
import { insertUser, lockAdministrators, type PermittedDefaultRole, updateUser } from "#db/auth/user-writes.ts";
import type { PublicUserRow } from "#db/auth/users.ts";
import type { WriteTx } from "#db/client.ts";
import type { RequestContext } from "#lib/trust/request-context.ts";
import { isUserError, type UserError, userError } from "#lib/graphql/user-errors.ts";
import { permitAccount, permitDefaultRole } from "../credentials/escalation.ts";
import { isReadable, writtenName } from "../names.ts";
import { passwordProblem } from "../passwords/password-rules.ts";
import { actorOf, type AuthServices, scopeOf } from "../services.ts";

type Role = PublicUserRow["role"];

/** Converts an input's enum value. Codegen types it as the GraphQL name, but the resolver receives the database's value (`lib/graphql/enum-values.ts`). */
export const roleOf = (input: Uppercase<Role> | Role): Role => input.toLowerCase() as Role;

export interface UserInput {
  username: string;
  email: string;
  role: Role;
  /** When null, a password is generated and returned once. */
  password: string | null;
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
): Promise<{ user: PublicUserRow; password: string | null } | UserError[]> {
  const username = writtenName(input.username);
  const email = input.email.trim();
  const password = input.password ?? randomBytes(18).toString("base64url");
  const role = await permittedRole(services, request, input.role);
  const errors = [
    usernamePattern.test(username) && isReadable(username)
      ? undefined
      : userError("NAME_INVALID", usernameRule, "username"),
    address.safeParse(email).success ? undefined : userError("EMAIL_INVALID", undefined, "email"),
    input.password === null ? undefined : passwordProblem(password, [username, email], "password"),
    isUserError(role) ? role : undefined,
  ].filter((error) => error !== undefined);
  if (errors.length > 0 || isUserError(role)) return errors;
  const passwordHash = await services.limits.ofNewUsers(scopeOf(request).tenantId, () =>
    services.hasher.hash(password),
  );
  return services.database.write(scopeOf(request), async (tx) => {
    const user = await insertUser(tx, { username, email, role, passwordHash });
    if (!user) return [userError("NAME_TAKEN")];
    await audit(tx, request, "user.create", user.id, { role });
    return { user, password: input.password === null ? password : null };
  });
}

/** Changes a user's default role. Neither the old nor the new role may have more rights than the caller. Undefined when there is no such user. */
export async function setUserRole(
  services: AuthServices,
  request: RequestContext,
  userId: string,
  role: Role,
): Promise<PublicUserRow | UserError | undefined> {
  const permitted = await permittedRole(services, request, role);
  return services.database.write(scopeOf(request), async (tx) => {
    const isLast = role !== "admin" && (await isLastAdministrator(tx, userId));
    const account = await permitAccount(tx, request.identity, userId);
    if (!account || isUserError(account)) return account;
    if (isUserError(permitted)) return permitted;
    if (isLast) return userError("LAST_ADMINISTRATOR");
    const user = await updateUser(tx, account.id, "role", { role: permitted });
    if (!user) return undefined;
    await audit(tx, request, "user.set_role", userId, { role });
    return user;
  });
}

/** Disables a user and ends all their sessions. Undefined when there is no such user, or the user is already disabled. */
export async function disableUser(
  { database }: AuthServices,
  request: RequestContext,
  userId: string,
): Promise<PublicUserRow | UserError | undefined> {
  return database.write(scopeOf(request), async (tx) => {
    const isLast = await isLastAdministrator(tx, userId);
    const account = await permitAccount(tx, request.identity, userId);
    if (!account || isUserError(account)) return account;
    if (isLast) return userError("LAST_ADMINISTRATOR");
    const user = await updateUser(tx, account.id, "disabled");
    if (!user) return undefined;
    await endSessionsOf(tx, account.id, null);
    await audit(tx, request, "user.disable", userId);
    return user;
  });
}

/** Enables a disabled user. Undefined when there is no such user, or the user is not disabled. */
export async function enableUser(
  { database }: AuthServices,
  request: RequestContext,
  userId: string,
): Promise<PublicUserRow | UserError | undefined> {
  return database.write(scopeOf(request), async (tx) => {
    const account = await permitAccount(tx, request.identity, userId);
    if (!account || isUserError(account)) return account;
    const user = await updateUser(tx, account.id, "enabled");
    if (user) await audit(tx, request, "user.enable", userId);
    return user;
  });
}

const audit = (
  tx: WriteTx,
  request: RequestContext,
  action: string,
  userId: string,
  more: Readonly<Record<string, unknown>> = {},
) => recordAudit(tx, { ...actorOf(request), action, success: true, metadata: { userId, ...more } });

const permittedRole = async (
  { system }: AuthServices,
  { identity }: RequestContext,
  role: Role,
): Promise<PermittedDefaultRole | UserError> =>
  permitDefaultRole(identity, role, await builtInPermissions(system, role));

/** Locks the administrators before the account that is to change, always in one order, so that two administrators who change each other do not deadlock. */
async function isLastAdministrator(tx: WriteTx, userId: string): Promise<boolean> {
  const administrators = await lockAdministrators(tx);
  return administrators.length === 1 && administrators[0] === userId;
}
