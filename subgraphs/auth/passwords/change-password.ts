import { createHash, randomBytes } from "node:crypto";
import { recordAudit } from "#db/auth/audit-writes.ts";
import { accountOf } from "#db/auth/credentials.ts";
import { endSessionsOf } from "#db/auth/session-writes.ts";
import { insertPasswordReset, takePasswordReset, updateUser } from "#db/auth/user-writes.ts";
import type { RequestContext } from "#lib/request-context.ts";
import { isUserError, type UserError, userError } from "#lib/user-errors.ts";
import { permitAccount, provedAccount } from "../credentials/escalation.ts";
import { type Replacement, replaceSessions } from "../sessions/replace-sessions.ts";
import { nobody } from "../sign-in/sign-in.ts";
import { actorOf, type AuthServices, homeOf, scopeOf } from "../services.ts";
import { passwordProblem } from "./password-rules.ts";
import { refusalOfPassword } from "./prove-password.ts";

/**
 * Changes the caller's own password. All his sessions end; when he sent the request with one, a new one takes its place. A wrong current
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
  return database.write(scopeOf(request, homeOf(identity)), async (tx) => {
    const account = await permitAccount(tx, identity, identity.id);
    if (isUserError(account)) return account;
    if (!account || !(await updateUser(tx, account.id, "password", { passwordHash })))
      return userError("INVALID_CREDENTIALS", undefined, "currentPassword");
    const replacement = await replaceSessions(tx, request, account.id);
    await recordAudit(tx, { ...actorOf(request), action: "user.change_password", success: true });
    return replacement;
  });
}

const resetLifetime = "PT1H";
const hashOf = (code: string) => createHash("sha256").update(code).digest("hex");

/** A code by which a user of the tenant can set a new password, once and within an hour; undefined when there is no such user. */
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

/** Sets a new password by a code, lifts the lock and ends all sessions. Whoever is unknown and a wrong code are told alike. */
export async function resetPassword(
  services: AuthServices,
  request: RequestContext,
  input: { login: string; code: string; newPassword: string },
): Promise<UserError | undefined> {
  const { database, system, hasher, limits } = services;
  await limits.checkAddress(request.client?.ipAddress);
  const login = input.login.trim().slice(0, 255);
  const problem = passwordProblem(input.newPassword, [login], "newPassword");
  if (problem) return problem;
  const known = await accountOf(system, login);
  const account = known ?? nobody;
  const passwordHash = await hasher.hash(input.newPassword);
  const done = await database.write(scopeOf(request, account.tenantId), async (tx) => {
    const taken = await takePasswordReset(tx, account.userId, hashOf(input.code));
    if (taken) {
      const proved = provedAccount(account.userId);
      await updateUser(tx, proved, "password", { passwordHash });
      await endSessionsOf(tx, proved, null);
    }
    await recordAudit(tx, {
      ...actorOf(request),
      userId: known?.userId ?? null,
      actorName: known?.username ?? null,
      action: "user.reset_password",
      success: taken,
      ...(taken ? {} : { errorMessage: "RESET_CODE_INVALID" }),
    });
    return taken;
  });
  if (done) return undefined;
  await limits.countFailure(request.client?.ipAddress);
  return userError("RESET_CODE_INVALID", undefined, "code");
}
