import { type Account, accountOf, mayActIn } from "#db/auth/credentials.ts";
import { insertSession } from "#db/auth/session-writes.ts";
import { completeSignIn, countWrongTry, type SignInSource, type SignInUser } from "#db/auth/sign-in-writes.ts";
import type { PublicUserSessionRow } from "#db/auth/user-sessions.ts";
import type { WriteTx } from "#db/client.ts";
import { newSessionToken, tokenHash } from "#lib/trust/credentials.ts";
import { platformTenantId } from "#lib/trust/platform-tenant.ts";
import type { RequestContext } from "#lib/trust/request-context.ts";
import { userError } from "#lib/graphql/user-errors.ts";
import { type AuditEntry, done, refused, type Refused } from "#subgraphs/use-case.ts";
import { provedAccount } from "../credentials/escalation.ts";
import { countingCodes, type TakeCode } from "../mfa/second-factor.ts";
import { isPasswordText } from "../passwords/password-rules.ts";
import type { AuthServices } from "../services.ts";
import { signOut } from "../sessions/end-sessions.ts";
import { type Outcome, write } from "../use-case.ts";
import { loginKey, networkOf, sourceOf, readSignInUser, queueKeyOf } from "./attempt-keys.ts";

export interface SignInInput {
  /** An e-mail address or a username. */
  login: string;
  password: string;
  /** The code of the second factor, or a recovery code. */
  code?: string | null | undefined;
  /** For users of the platform tenant: the tenant to act in. */
  tenantId?: string | null | undefined;
}

export interface SignIn {
  token: string;
  session: PublicUserSessionRow;
}

/** The maximum lifetime of a session, and the maximum time without use. */
export const sessionLifetime = "P1D";
export const sessionIdleTime = "PT2H";

/** Replaces an unknown user, so that the same work is done for them. */
export const unknownAccount: Account = {
  userId: "00000000-0000-0000-0000-000000000000",
  tenantId: platformTenantId,
  username: "",
  isShared: false,
};

/**
 * Signs a user in. A wrong password and an unknown, locked or disabled user get the same response at the same cost: the same number of statements and one
 * hash. An attempt is counted only after the password was verified, and only when the password or the code was wrong, so that a fault uses up no attempt.
 * The session that the request was sent with ends, so that an attacker who planted it (session fixation) does not share the session that begins.
 * @throws PublicError RATE_LIMITED for an address with too many failed attempts, OVERLOADED
 */
export async function signIn(
  services: AuthServices,
  request: RequestContext,
  input: SignInInput,
): Promise<Outcome<SignIn>> {
  const network = networkOf(request);
  const outcome = await services.limits.fromNetwork(network, async (exhausted) => {
    const attempt = await findAccount(services, request, input);
    const user = await attempt.read();
    const limit = await services.limits.limitOf(network, attempt.login);
    if (limit) return limit;
    // At an address that a user has signed in from before, the attempts of others do not keep the user out.
    if (exhausted && (!user?.isKnownAddress || user.isLocked)) return exhausted;
    const result = await services.limits.ofAccount(queueKeyOf(attempt.login, attempt.source, user), async () => {
      const tried = await tryPassword(services, request, { ...attempt, since: user?.readAt }, input);
      if ("token" in tried) await services.limits.forgive(network, attempt.login);
      else if (tried.isWrong) await services.limits.countWrong(network, attempt.login);
      return tried;
    });
    return exhausted && "isWrong" in result && result.isWrong ? exhausted : result;
  });
  if (!("token" in outcome)) return outcome.refused;
  await signOut(services, request);
  return done(outcome);
}

interface Attempt {
  /** Undefined when the login belongs to no account. */
  known: Account | undefined;
  account: Account;
  /** The attempt's `loginKey`. */
  login: string;
  source: SignInSource;
  read(since?: string): Promise<SignInUser | undefined>;
}

async function findAccount(services: AuthServices, request: RequestContext, input: SignInInput): Promise<Attempt> {
  const login = input.login.trim().slice(0, 255);
  const known = await accountOf(services.system, login);
  const account = known ?? unknownAccount;
  const { tenantId, userId } = account;
  const source = sourceOf(services, request, { tenantId, userId });
  return {
    known,
    account,
    login: loginKey(known, login),
    source,
    read: (since) => readSignInUser(services, request, { tenantId, source }, since),
  };
}

/** The reason why an attempt was refused. */
interface Refusal {
  refused: Refused<"INVALID_CREDENTIALS" | "MFA_REQUIRED" | "TENANT_UNKNOWN">;
  /** Whether the password or the code was wrong, as opposed to another reason. */
  isWrong: boolean;
}

const wrong: Refusal = { refused: refused(userError("INVALID_CREDENTIALS")), isWrong: true };

async function tryPassword(
  services: AuthServices,
  request: RequestContext,
  attempt: Attempt & { since: string | undefined },
  input: SignInInput,
): Promise<SignIn | Refusal> {
  const { hasher } = services;
  const { account, source, known } = attempt;
  const found = await attempt.read(attempt.since);
  const user = found?.isLocked ? undefined : found;
  const password = isPasswordText(input.password) ? input.password : "";
  const isRight = await hasher.verify(user?.passwordHash, password);
  const outdated = isRight && user && hasher.isOutdated(user.passwordHash);
  const rehashed = outdated ? await hasher.hash(password) : null;
  const finish = async (takeCode: TakeCode | undefined): Promise<SignIn | Refusal> => {
    // Done, so that a refusal keeps the count of attempts and the entry in the audit log.
    const change = async (tx: WriteTx) => {
      const verified = isRight && user ? { attempt, user, rehashed, input, takeCode } : undefined;
      const refusal = verified ? await complete(services, tx, verified) : wrong;
      if (refusal?.isWrong) await countWrongTry(tx, user ? source : { ...source, userId: unknownAccount.userId });
      return done(refusal ?? (await begin(tx, request, account, input)), signInEntry(input, known, refusal));
    };
    const scope = { tenantId: account.tenantId, ...(known ? { actor: `user:${account.userId}` } : {}) };
    const finished = await write(services, request, change, scope);
    return finished.kind === "done" ? finished.value : wrong;
  };
  return isRight && user?.mfaEnabled && input.code
    ? countingCodes(services, account.userId, input.code, finish)
    : finish(undefined);
}

interface Verified {
  attempt: Attempt;
  user: SignInUser;
  rehashed: string | null;
  input: SignInInput;
  takeCode: TakeCode | undefined;
}

async function complete(
  services: AuthServices,
  tx: WriteTx,
  { attempt, user, rehashed, input, takeCode }: Verified,
): Promise<Refusal | undefined> {
  if (user.mfaEnabled) {
    if (!takeCode) return { refused: refused(userError("MFA_REQUIRED", "code")), isWrong: false };
    const taken = await takeCode(tx, user.mfaSecret ?? "");
    if (taken !== "right") return { ...wrong, isWrong: taken === "wrong" };
  }
  if (input.tenantId && !(await mayActIn(services.system, attempt.account, input.tenantId)))
    return { refused: refused(userError("TENANT_UNKNOWN")), isWrong: false };
  const verified = { verifiedHash: user.passwordHash, mfaEnabled: user.mfaEnabled, passwordHash: rehashed };
  return (await completeSignIn(tx, attempt.source, verified)) ? undefined : { ...wrong, isWrong: false };
}

async function begin(tx: WriteTx, { client }: RequestContext, account: Account, input: SignInInput): Promise<SignIn> {
  const token = newSessionToken();
  const session = await insertSession(tx, {
    userId: provedAccount(account.userId),
    tokenHash: tokenHash(token),
    lifetime: sessionLifetime,
    actsInTenantId: input.tenantId ?? null,
    ipAddress: client?.ipAddress ?? null,
    userAgent: client?.userAgent ?? null,
  });
  return { token, session };
}

const signInEntry = (
  { tenantId }: SignInInput,
  account: Account | undefined,
  refusal: Refusal | undefined,
): AuditEntry => ({
  action: "user.sign_in",
  success: !refusal,
  userId: account?.userId ?? null,
  // Not the text typed, which may be a password.
  actorName: account?.username ?? null,
  ...(refusal ? { errorMessage: refusal.refused.userErrors[0]?.code } : {}),
  ...(tenantId ? { metadata: { actsInTenantId: tenantId } } : {}),
});
