import { createHash, randomBytes } from "node:crypto";
import { type Account, accountOf } from "#db/auth/credentials.ts";
import { endSessionsOf } from "#db/auth/session-writes.ts";
import { forgetOtherAddresses } from "#db/auth/sign-in-writes.ts";
import { insertPasswordReset, isPasswordReset, takePasswordReset, updateUser } from "#db/auth/user-writes.ts";
import { userError } from "#lib/graphql/user-errors.ts";
import type { RequestContext } from "#lib/trust/request-context.ts";
import { type AuditEntry, done, notThere, refused, scopeOf } from "#subgraphs/use-case.ts";
import { permitAccount, permitReset } from "../credentials/escalation.ts";
import { type Replacement, replaceSessions } from "../sessions/replace-sessions.ts";
import { loginKey, networkOf, sourceOf } from "../sign-in/attempt-keys.ts";
import { unknownAccount } from "../sign-in/sign-in.ts";
import { type AuthServices, homeOf } from "../services.ts";
import { type Outcome, write } from "../use-case.ts";
import { passwordProblem } from "./password-rules.ts";
import { provePassword } from "./prove-password.ts";

/**
 * Changes the caller's own password. All their sessions end, and a new session replaces the one that the request was sent with. A wrong current
 * password counts as a failed sign-in.
 */
export async function changePassword(
  services: AuthServices,
  request: RequestContext,
  input: { currentPassword: string; newPassword: string },
): Promise<Outcome<Replacement>> {
  const { identity } = request;
  const tenantId = homeOf(identity);
  const problem = passwordProblem(input.newPassword, [identity.name ?? ""], "newPassword");
  if (problem) return refused(problem);
  const proof = await provePassword(services, request, input.currentPassword, "currentPassword");
  if (proof.kind !== "done") return proof;
  const passwordHash = await services.hasher.hash(input.newPassword);
  const source = sourceOf(services, request, { tenantId, userId: identity.id });
  return write(
    services,
    request,
    async (tx) => {
      const account = await permitAccount(tx, identity, identity.id);
      if (account.kind === "refused") return account;
      if (account.kind === "not there" || !(await updateUser(tx, account.value, "password", { passwordHash })))
        return refused(userError("INVALID_CREDENTIALS", "currentPassword"));
      await forgetOtherAddresses(tx, source);
      return done(await replaceSessions(tx, request, account.value), { action: "user.change_password" });
    },
    { tenantId },
  );
}

const resetLifetime = "PT1H";
const hashOf = (code: string) => createHash("sha256").update(code).digest("hex");

/** Creates a code by which a user of the tenant who can sign in can set a new password, once and within an hour. */
export async function createPasswordReset(
  services: AuthServices,
  request: RequestContext,
  { userId }: { userId: string },
): Promise<Outcome<{ code: string; expiresAt: Date }>> {
  const code = `nvr_${randomBytes(24).toString("base64url")}`;
  const { identity } = request;
  return write(services, request, async (tx) => {
    const account = await permitAccount(tx, identity, userId);
    if (account.kind !== "done") return account;
    const createdBy = identity.kind === "user" ? identity.id : null;
    const reset = { userId: account.value, codeHash: hashOf(code), lifetime: resetLifetime, createdBy };
    const expiresAt = await insertPasswordReset(tx, reset);
    if (!expiresAt) return notThere("user");
    return done({ code, expiresAt }, { action: "user.create_password_reset", metadata: { userId } });
  });
}

export interface PasswordReset {
  login: string;
  code: string;
  newPassword: string;
}

/**
 * Sets a new password by means of a code, removes locks and ends all sessions. An unknown user and a wrong code get the same response at the same cost.
 * A code has too many bits to be guessed, so a right one is accepted even from an address with too many failed attempts.
 * @throws PublicError RATE_LIMITED for a wrong code from such an address, OVERLOADED
 */
export async function resetPassword(
  services: AuthServices,
  request: RequestContext,
  input: PasswordReset,
): Promise<Outcome<object>> {
  const { system, limits } = services;
  const network = networkOf(request);
  const login = input.login.trim().slice(0, 255);
  const problem = passwordProblem(input.newPassword, [login.slice(login.indexOf("/") + 1)], "newPassword");
  if (problem) return refused(problem);
  return limits.fromNetwork<Outcome<object>>(network, async (exhausted) => {
    const known = await accountOf(system, login);
    const account = known ?? unknownAccount;
    const isReset =
      (await hasPasswordReset(services, request, account, hashOf(input.code))) &&
      (await takeReset(services, request, account, input));
    const guessed = loginKey(known, login);
    if (isReset) await limits.forgive(network, guessed);
    if (isReset) return done({});
    const limit = exhausted ?? (await limits.limitOf(network, guessed));
    if (limit) return limit;
    const { tenantId } = account;
    await write(services, request, async () => done(false, resetEntry(known, false)), { tenantId });
    await limits.countWrong(network, guessed);
    return refused(userError("RESET_CODE_INVALID", "code"));
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
  services: AuthServices,
  request: RequestContext,
  account: Account,
  { code, newPassword }: PasswordReset,
): Promise<boolean> {
  const { tenantId, userId } = account;
  const { system, hasher } = services;
  const passwordHash = await hasher.hash(newPassword);
  const taken = await write(
    services,
    request,
    async (tx) => {
      const proved = await permitReset(tx, system, userId, () => takePasswordReset(tx, userId, hashOf(code)));
      // Done, so that a code that its creator may no longer have made is used up.
      if (!proved) return done(false);
      await updateUser(tx, proved, "password", { passwordHash });
      await forgetOtherAddresses(tx, { userId, addressHash: null });
      await endSessionsOf(tx, proved, null);
      return done(true, resetEntry(account, true));
    },
    { tenantId },
  );
  return taken.kind === "done" && taken.value;
}

const resetEntry = (known: Account | undefined, success: boolean): AuditEntry => ({
  action: "user.reset_password",
  success,
  userId: known?.userId ?? null,
  actorName: known?.username ?? null,
  ...(success ? {} : { errorMessage: "RESET_CODE_INVALID" }),
});
