import { recordAudit } from "#db/auth/audit-writes.ts";
import { disableMfa, enableMfa, mfaOf, putMfaSecret, replaceRecoveryCodes } from "#db/auth/mfa-writes.ts";
import type { WriteTx } from "#db/client.ts";
import type { RequestContext } from "#lib/request-context.ts";
import { type UserError, userError } from "#lib/user-errors.ts";
import { provesPassword } from "../passwords/prove-password.ts";
import { type Replacement, replaceSessions } from "../sessions/replace-sessions.ts";
import { actorOf, type AuthServices, homeOf, scopeOf } from "../services.ts";
import { countingCodes, newRecoveryCodes, newSecret } from "./second-factor.ts";

/** A secret for the caller's app, in use only when a code of it was confirmed. */
export async function beginTotp(
  services: AuthServices,
  request: RequestContext,
  password: string,
): Promise<{ secret: string; uri: string } | UserError> {
  const { identity } = request;
  const error = await wrongPassword(services, request, password);
  if (error) return error;
  const made = newSecret(services, { tenantId: homeOf(identity), userId: identity.id, username: identity.name ?? "" });
  const kept = await services.database.write(scopeOf(request, homeOf(identity)), (tx) =>
    putMfaSecret(tx, identity.id, made.sealed),
  );
  return kept ? { secret: made.secret, uri: made.uri } : userError("MFA_IN_USE");
}

/** Puts the second factor to use, replaces the caller's sessions, and gives him recovery codes. */
export async function confirmTotp(
  services: AuthServices,
  request: RequestContext,
  code: string,
): Promise<({ codes: string[] } & Replacement) | UserError> {
  return withFactor(services, request, { code, enabled: false }, async (tx) => {
    const { codes, hashes } = newRecoveryCodes(services);
    await enableMfa(tx, request.identity.id);
    await replaceRecoveryCodes(tx, request.identity.id, hashes);
    const replacement = await replaceSessions(tx, request);
    await recordAudit(tx, { ...actorOf(request), action: "user.enable_mfa", success: true });
    return { codes, ...replacement };
  });
}

export interface Proof {
  password: string;
  /** Of the app, or a recovery code. */
  code: string;
}

/** Does without the second factor from now on, and replaces the caller's sessions; for who has proved that he is the user by both. */
export async function disableTotp(
  services: AuthServices,
  request: RequestContext,
  proof: Proof,
): Promise<Replacement | UserError> {
  const error = await wrongPassword(services, request, proof.password);
  if (error) return error;
  return withFactor(services, request, { code: proof.code, enabled: true }, async (tx) => {
    await disableMfa(tx, request.identity.id);
    const replacement = await replaceSessions(tx, request);
    await recordAudit(tx, { ...actorOf(request), action: "user.disable_mfa", success: true });
    return replacement;
  });
}

/** New recovery codes; all before them are void. */
export async function regenerateRecoveryCodes(
  services: AuthServices,
  request: RequestContext,
  proof: Proof,
): Promise<{ codes: string[] } | UserError> {
  const error = await wrongPassword(services, request, proof.password);
  if (error) return error;
  return withFactor(services, request, { code: proof.code, enabled: true }, async (tx) => {
    const { codes, hashes } = newRecoveryCodes(services);
    await replaceRecoveryCodes(tx, request.identity.id, hashes);
    await recordAudit(tx, { ...actorOf(request), action: "user.regenerate_recovery_codes", success: true });
    return { codes };
  });
}

async function withFactor<T extends object>(
  services: AuthServices,
  request: RequestContext,
  { code, enabled }: { code: string; enabled: boolean },
  use: (tx: WriteTx) => Promise<T>,
): Promise<T | UserError> {
  const { identity } = request;
  return countingCodes(services, identity.id, code, (takeCode) =>
    services.database.write(scopeOf(request, homeOf(identity)), async (tx): Promise<T | UserError> => {
      const mfa = await mfaOf(tx, identity.id);
      if (!mfa?.secret || mfa.enabled !== enabled) return userError(mfa?.enabled ? "MFA_IN_USE" : "MFA_NOT_STARTED");
      const taken = await takeCode(tx, mfa.secret);
      return taken === "right" ? use(tx) : userError("MFA_CODE_INVALID", undefined, "code");
    }),
  );
}

/** Who changes what proves their identity proves it once more. A wrong password counts as one to sign in. */
async function wrongPassword(
  services: AuthServices,
  request: RequestContext,
  password: string,
): Promise<UserError | undefined> {
  const isRight = await provesPassword(services, request, password);
  return isRight ? undefined : userError("INVALID_CREDENTIALS", undefined, "password");
}
