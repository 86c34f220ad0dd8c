import { recordAudit } from "#db/auth/audit-writes.ts";
import { disableMfa, enableMfa, mfaOf, putMfaSecret, replaceRecoveryCodes } from "#db/auth/mfa-writes.ts";
import type { PermittedAccount } from "#db/auth/permitted.ts";
import type { WriteTx } from "#db/client.ts";
import type { RequestContext } from "#lib/trust/request-context.ts";
import { isUserError, type UserError, userError } from "#lib/graphql/user-errors.ts";
import { permitAccount } from "../credentials/escalation.ts";
import { refusalOfPassword } from "../passwords/prove-password.ts";
import { type Replacement, replaceSessions } from "../sessions/replace-sessions.ts";
import { actorOf, type AuthServices, homeOf, scopeOf } from "../services.ts";
import { countingCodes, newRecoveryCodes, newSecret } from "./second-factor.ts";

/** Creates a secret for the caller's app. The second factor is active only after a code of the app was confirmed. */
export async function beginTotp(
  services: AuthServices,
  request: RequestContext,
  password: string,
): Promise<{ secret: string; uri: string } | UserError> {
  const { identity } = request;
  const error = await refusalOfPassword(services, request, password, "password");
  if (error) return error;
  const made = newSecret(services, { tenantId: homeOf(identity), userId: identity.id, username: identity.name ?? "" });
  return services.database.write(scopeOf(request, homeOf(identity)), async (tx) => {
    const account = await permitAccount(tx, identity, identity.id);
    if (isUserError(account)) return account;
    const isKept = account && (await putMfaSecret(tx, account.id, made.sealed));
    return isKept ? { secret: made.secret, uri: made.uri } : userError("MFA_IN_USE");
  });
}

/** Activates the second factor, replaces the caller's sessions, and resolves with recovery codes. */
export async function confirmTotp(
  services: AuthServices,
  request: RequestContext,
  code: string,
): Promise<({ codes: string[] } & Replacement) | UserError> {
  return withFactor(services, request, { code, enabled: false }, async (tx, userId) => {
    const { codes, hashes } = newRecoveryCodes(services);
    await enableMfa(tx, userId);
    await replaceRecoveryCodes(tx, userId, hashes);
    const replacement = await replaceSessions(tx, request, userId);
    await recordAudit(tx, { ...actorOf(request), action: "user.enable_mfa", success: true });
    return { codes, ...replacement };
  });
}

export interface Proof {
  password: string;
  /** A code of the app, or a recovery code. */
  code: string;
}

/** Deactivates the second factor and replaces the caller's sessions. The caller must prove both the password and a code. */
export async function disableTotp(
  services: AuthServices,
  request: RequestContext,
  proof: Proof,
): Promise<Replacement | UserError> {
  const error = await refusalOfPassword(services, request, proof.password, "password");
  if (error) return error;
  return withFactor(services, request, { code: proof.code, enabled: true }, async (tx, userId) => {
    await disableMfa(tx, userId);
    const replacement = await replaceSessions(tx, request, userId);
    await recordAudit(tx, { ...actorOf(request), action: "user.disable_mfa", success: true });
    return replacement;
  });
}

/** Creates new recovery codes and voids all earlier ones. */
export async function regenerateRecoveryCodes(
  services: AuthServices,
  request: RequestContext,
  proof: Proof,
): Promise<{ codes: string[] } | UserError> {
  const error = await refusalOfPassword(services, request, proof.password, "password");
  if (error) return error;
  return withFactor(services, request, { code: proof.code, enabled: true }, async (tx, userId) => {
    const { codes, hashes } = newRecoveryCodes(services);
    await replaceRecoveryCodes(tx, userId, hashes);
    await recordAudit(tx, { ...actorOf(request), action: "user.regenerate_recovery_codes", success: true });
    return { codes };
  });
}

async function withFactor<T extends object>(
  services: AuthServices,
  request: RequestContext,
  { code, enabled }: { code: string; enabled: boolean },
  use: (tx: WriteTx, userId: PermittedAccount) => Promise<T>,
): Promise<T | UserError> {
  const { identity } = request;
  return countingCodes(services, identity.id, code, (takeCode) =>
    services.database.write(scopeOf(request, homeOf(identity)), async (tx): Promise<T | UserError> => {
      const account = await permitAccount(tx, identity, identity.id);
      if (isUserError(account)) return account;
      const mfa = account && (await mfaOf(tx, identity.id));
      if (!account || !mfa?.secret || mfa.enabled !== enabled)
        return userError(mfa?.enabled ? "MFA_IN_USE" : "MFA_NOT_STARTED");
      const taken = await takeCode(tx, mfa.secret);
      return taken === "right" ? use(tx, account.id) : userError("MFA_CODE_INVALID", undefined, "code");
    }),
  );
}
