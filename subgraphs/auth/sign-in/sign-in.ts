import { type Account, accountOf, mayActIn } from "#db/auth/credentials.ts";
import { recordAudit } from "#db/auth/audit-writes.ts";
import { insertSession } from "#db/auth/session-writes.ts";
import { completeSignIn, type SignInUser, takeAttempt } from "#db/auth/sign-in-writes.ts";
import type { PublicUserSessionRow } from "#db/auth/user-sessions.ts";
import type { WriteTx } from "#db/client.ts";
import { newSessionToken, tokenHash } from "#lib/credentials.ts";
import { platformTenantId } from "#lib/platform-tenant.ts";
import type { RequestContext } from "#lib/request-context.ts";
import { type UserError, userError } from "#lib/user-errors.ts";
import { provedAccount } from "../credentials/escalation.ts";
import { takeSecondFactor } from "../mfa/second-factor.ts";
import { isPasswordText } from "../passwords/password-rules.ts";
import { type AuthServices, scopeOf } from "../services.ts";
import { revokeSession } from "../sessions/end-sessions.ts";

export interface SignInInput {
  /** An e-mail address or a username. */
  login: string;
  password: string;
  /** Of the second factor, or a recovery code. */
  code?: string | null | undefined;
  /** For people of the platform: the tenant that they want to act in. */
  tenantId?: string | null | undefined;
}

export type SignIn = { token: string; session: PublicUserSessionRow } | { error: UserError };

/** How long a session lasts at most, and without being used. */
export const sessionLifetime = "P1D";
export const sessionIdleTime = "PT2H";

/** Stands for whoever is not there, so that what is done for him is the same. */
export const nobody: Account = {
  userId: "00000000-0000-0000-0000-000000000000",
  tenantId: platformTenantId,
  username: "",
};

/**
 * Signs a user in. Somebody who is unknown, locked or disabled, and a wrong password, are told alike and cost the same: two transactions and one
 * hash. The session that the request was sent with ends: whoever gave it to the user beforehand shall not have the one that begins.
 * @throws PublicError RATE_LIMITED for an address with too many failed tries, OVERLOADED
 */
export async function signIn(services: AuthServices, request: RequestContext, input: SignInInput): Promise<SignIn> {
  const { database, system, hasher, limits } = services;
  const address = request.client?.ipAddress;
  await limits.checkAddress(address);
  const known = await accountOf(system, input.login.trim().slice(0, 255));
  const account = known ?? nobody;
  const scope = { ...scopeOf(request, account.tenantId), ...(known ? { actor: `user:${account.userId}` } : {}) };
  const user = await database.write(scope, (tx) => takeAttempt(tx, account.userId));
  const password = isPasswordText(input.password) ? input.password : "";
  const isRight = await hasher.verify(user?.passwordHash, password);
  const outdated = isRight && user && hasher.isOutdated(user.passwordHash);
  const rehashed = outdated ? await hasher.hash(password) : null;
  const token = newSessionToken();
  const outcome = await database.write(scope, async (tx): Promise<SignIn> => {
    const refused = isRight && user ? await complete(services, tx, { account, user, rehashed, input }) : wrong;
    await audit(tx, request, input, known, refused);
    if (refused) return { error: refused };
    const session = await insertSession(tx, {
      userId: provedAccount(account.userId),
      tokenHash: tokenHash(token),
      lifetime: sessionLifetime,
      actsInTenantId: input.tenantId ?? null,
      ipAddress: address ?? null,
      userAgent: request.client?.userAgent ?? null,
    });
    return { token, session };
  });
  if ("error" in outcome) await limits.countFailure(address);
  else if (request.identity.credential?.kind === "session")
    await revokeSession(services, request, request.identity.credential.id, "user.sign_out");
  return outcome;
}

const wrong = userError("INVALID_CREDENTIALS");

interface Verified {
  account: Account;
  user: SignInUser;
  rehashed: string | null;
  input: SignInInput;
}

async function complete(
  services: AuthServices,
  tx: WriteTx,
  { account, user, rehashed, input }: Verified,
): Promise<UserError | undefined> {
  if (user.mfaEnabled) {
    if (!input.code) return userError("MFA_REQUIRED", undefined, "code");
    const factor = { userId: account.userId, sealed: user.mfaSecret ?? "" };
    if (!(await takeSecondFactor(services, tx, factor, input.code))) return wrong;
  }
  if (input.tenantId && !(await mayActIn(services.system, account, input.tenantId))) return userError("TENANT_UNKNOWN");
  const verified = { verifiedHash: user.passwordHash, passwordHash: rehashed };
  return (await completeSignIn(tx, account.userId, verified)) ? undefined : wrong;
}

async function audit(
  tx: WriteTx,
  { client }: RequestContext,
  { tenantId }: SignInInput,
  account: Account | undefined,
  refused: UserError | undefined,
): Promise<void> {
  await recordAudit(tx, {
    action: "user.sign_in",
    success: !refused,
    userId: account?.userId ?? null,
    // Not what was typed: it may be a password.
    actorName: account?.username ?? null,
    ipAddress: client?.ipAddress,
    userAgent: client?.userAgent,
    ...(refused ? { errorMessage: refused.code } : {}),
    ...(tenantId ? { metadata: { actsInTenantId: tenantId } } : {}),
  });
}
