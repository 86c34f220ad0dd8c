import { createHash, randomBytes } from "node:crypto";
import { recordAudit } from "#db/auth/audit-writes.ts";
import { type Account, accountOf } from "#db/auth/credentials.ts";
import { endSessionsOf } from "#db/auth/session-writes.ts";
import { forgetOtherAddresses } from "#db/auth/sign-in-writes.ts";
import { insertPasswordReset, isPasswordReset, takePasswordReset, updateUser } from "#db/auth/user-writes.ts";
import type { WriteTx } from "#db/client.ts";
import type { RequestContext } from "#lib/trust/request-context.ts";
import { isUserError, type UserError, userError } from "#lib/graphql/user-errors.ts";
import { permitAccount, permitReset } from "../credentials/escalation.ts";
import { type Replacement, replaceSessions } from "../sessions/replace-sessions.ts";
import { loginKey, networkOf, sourceOf } from "../sign-in/attempt-keys.ts";
import { unknownAccount } from "../sign-in/sign-in.ts";
import { actorOf, type AuthServices, homeOf, scopeOf } from "../services.ts";
import { passwordProblem } from "./password-rules.ts";
import { refusalOfPassword } from "./prove-password.ts";

/**
 * Changes the caller's own password. All their sessions end, and a new session replaces the one that the request was sent with. A wrong current
 * password counts as a failed sign-in.
 */
export async function changePassword(
  services: AuthServices,
  request: RequestContext,
  input: { currentPassword: string; newPassword: string },
): Promise<Replacement | UserError> {
  const { database, hasher } = services;
  const { identity } = request;
  const problem = passwordProblem(input.newPassword, [identity.name ?? ""], "newPassword");
  if (problem) return problem;
  const refusal = await refusalOfPassword(services, request, input.currentPassword, "currentPassword");
  if (refusal) return refusal;
  const passwordHash = await hasher.hash(input.newPassword);
  const source = sourceOf(services, request, { tenantId: homeOf(identity), userId: identity.id });
  return database.write(scopeOf(request, homeOf(identity)), async (tx) => {
    const account = await permitAccount(tx, identity, identity.id);
    if (isUserError(account)) return account;
    if (!account || !(await updateUser(tx, account.id, "password", { passwordHash })))
      return userError("INVALID_CREDENTIALS", undefined, "currentPassword");
    await forgetOtherAddresses(tx, source);
    const replacement = await replaceSessions(tx, request, account.id);
    await recordAudit(tx, { ...actorOf(request), action: "user.change_password", success: true });
    return replacement;
  });
}

const resetLifetime = "PT1H";
const hashOf = (code: string) => createHash("sha256").update(code).digest("hex");

/** Creates a code by which a user of the tenant can set a new password, once and within an hour. Undefined when there is no such user. */
export async function createPasswordReset(
  { database }: AuthServices,
  request: RequestContext,
  userId: string,
): Promise<{ code: string; expiresAt: Date } | UserError | undefined> {
  const code = `nvr_${randomBytes(24).toString("base64url")}`;
  const { identity } = request;
  return database.write(scopeOf(request), async (tx) => {
    const account = await permitAccount(tx, identity, userId);
    if (!account || isUserError(account)) return account;
    const createdBy = identity.kind === "user" ? identity.id : null;
    const reset = { userId: account.id, codeHash: hashOf(code), lifetime: resetLifetime, createdBy };
    const expiresAt = await insertPasswordReset(tx, reset);
    if (!expiresAt) return undefined;
    await recordAudit(tx, {
      ...actorOf(request),
      action: "user.create_password_reset",
      success: true,
      metadata: { userId },
    });
    return { code, expiresAt };
  });
}

/**
 * Sets a new password by means of a code, removes locks and ends all sessions. An unknown user and a wrong code get the same response at the same cost.
 * A code has too many bits to be guessed, so a right one is accepted even from an address with too many failed attempts.
 * @throws PublicError RATE_LIMITED for a wrong code from such an address, OVERLOADED
 */
export async function resetPassword(
  services: AuthServices,
  request: RequestContext,
  input: { login: string; code: string; newPassword: string },
): Promise<UserError | undefined> {
  const { system, limits } = services;
  const network = networkOf(request);
  const login = input.login.trim().slice(0, 255);
  const problem = passwordProblem(input.newPassword, [login.slice(login.indexOf("/") + 1)], "newPassword");
  if (problem) return problem;
  return limits.fromNetwork(network, async (exhausted) => {
    const known = await accountOf(system, login);
    const account = known ?? unknownAccount;
    const isReset =
      (await hasPasswordReset(services, request, account, hashOf(input.code))) &&
      (await takeReset(services, request, account, input));
    const guessed = loginKey(known, login);
    if (isReset) await limits.forgive(network, guessed);
    if (isReset) return undefined;
    const limit = exhausted ?? (await limits.limitOf(network, guessed));
    if (limit) return limit;
    await services.database.write(scopeOf(request, account.tenantId), (tx) => auditReset(tx, request, known, false));
    await limits.countWrong(network, guessed);
    return userError("RESET_CODE_INVALID", undefined, "code");
  });
}

async function hasPasswordReset(
  { database }: AuthServices,
  request: RequestContext,
  { tenantId, userId }: Account,
  codeHash: string,
): Promise<boolean> {
  const tx = database.read(scopeOf(request, tenantId));
  try {
    return await isPasswordReset(tx, userId, codeHash);
  } finally {
    await tx.end();
  }
}

/** Resolves with false when another request used the code in the meantime, or the user who created it may no longer act on the account. */
async function takeReset(
  { database, system, hasher }: AuthServices,
  request: RequestContext,
  account: Account,
  { code, newPassword }: { code: string; newPassword: string },
): Promise<boolean> {
  const { tenantId, userId } = account;
  const passwordHash = await hasher.hash(newPassword);
  return database.write(scopeOf(request, tenantId), async (tx) => {
    const proved = await permitReset(tx, system, userId, () => takePasswordReset(tx, userId, hashOf(code)));
    if (!proved) return false;
    await updateUser(tx, proved, "password", { passwordHash });
    await forgetOtherAddresses(tx, { userId, addressHash: null });
    await endSessionsOf(tx, proved, null);
    await auditReset(tx, request, account, true);
    return true;
  });
}

const auditReset = (tx: WriteTx, request: RequestContext, known: Account | undefined, success: boolean) =>
  recordAudit(tx, {
    ...actorOf(request),
    userId: known?.userId ?? null,
    actorName: known?.username ?? null,
    action: "user.reset_password",
    success,
    ...(success ? {} : { errorMessage: "RESET_CODE_INVALID" }),
  });
