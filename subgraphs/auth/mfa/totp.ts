import { disableMfa, enableMfa, mfaOf, putMfaSecret, replaceRecoveryCodes } from "#db/auth/mfa-writes.ts";
import type { PermittedAccount } from "#db/auth/permitted.ts";
import type { WriteTx } from "#db/client.ts";
import { userError } from "#lib/graphql/user-errors.ts";
import type { RequestContext } from "#lib/trust/request-context.ts";
import { done, refused } from "#subgraphs/use-case.ts";
import { permitAccount } from "../credentials/escalation.ts";
import { provePassword } from "../passwords/prove-password.ts";
import { type Replacement, replaceSessions } from "../sessions/replace-sessions.ts";
import { type AuthServices, homeOf } from "../services.ts";
import { type Outcome, write } from "../use-case.ts";
import { countingCodes, newRecoveryCodes, newSecret } from "./second-factor.ts";

/** Creates a secret for the caller's app. The second factor is active only after a code of the app was confirmed. */
export async function beginTotp(
  services: AuthServices,
  request: RequestContext,
  { password }: { password: string },
): Promise<Outcome<{ secret: string; uri: string }>> {
  const { identity } = request;
  const tenantId = homeOf(identity);
  const proof = await provePassword(services, request, password, "password");
  if (proof.kind !== "done") return proof;
  const { secret, uri, sealed } = newSecret(services, { tenantId, userId: identity.id, username: identity.name ?? "" });
  return write(
    services,
    request,
    async (tx) => {
      const account = await permitAccount(tx, identity, identity.id);
      if (account.kind === "refused") return account;
      const isKept = account.kind === "done" && (await putMfaSecret(tx, account.value, sealed));
      return isKept ? done({ secret, uri }) : refused(userError("MFA_IN_USE"));
    },
    { tenantId },
  );
}

/** Activates the second factor, replaces the caller's sessions, and resolves with recovery codes. */
export async function confirmTotp(
  services: AuthServices,
  request: RequestContext,
  { code }: { code: string },
): Promise<Outcome<{ recoveryCodes: string[] } & Replacement>> {
  return withFactor(services, request, { code, enabled: false }, async (tx, userId) => {
    const { codes, hashes } = newRecoveryCodes(services);
    await enableMfa(tx, userId);
    await replaceRecoveryCodes(tx, userId, hashes);
    const replacement = await replaceSessions(tx, request, userId);
    return done({ recoveryCodes: codes, ...replacement }, { action: "user.enable_mfa" });
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
  { password, code }: Proof,
): Promise<Outcome<Replacement>> {
  const proof = await provePassword(services, request, password, "password");
  if (proof.kind !== "done") return proof;
  return withFactor(services, request, { code, enabled: true }, async (tx, userId) => {
    await disableMfa(tx, userId);
    return done(await replaceSessions(tx, request, userId), { action: "user.disable_mfa" });
  });
}

/** Creates new recovery codes and voids all earlier ones. */
export async function regenerateRecoveryCodes(
  services: AuthServices,
  request: RequestContext,
  { password, code }: Proof,
): Promise<Outcome<{ recoveryCodes: string[] }>> {
  const proof = await provePassword(services, request, password, "password");
  if (proof.kind !== "done") return proof;
  return withFactor(services, request, { code, enabled: true }, async (tx, userId) => {
    const { codes, hashes } = newRecoveryCodes(services);
    await replaceRecoveryCodes(tx, userId, hashes);
    return done({ recoveryCodes: codes }, { action: "user.regenerate_recovery_codes" });
  });
}

async function withFactor<Value>(
  services: AuthServices,
  request: RequestContext,
  { code, enabled }: { code: string; enabled: boolean },
  use: (tx: WriteTx, userId: PermittedAccount) => Promise<Outcome<Value>>,
): Promise<Outcome<Value>> {
  const { identity } = request;
  return countingCodes(services, identity.id, code, (takeCode) =>
    write<Value>(
      services,
      request,
      async (tx) => {
        const account = await permitAccount(tx, identity, identity.id);
        if (account.kind === "refused") return account;
        const mfa = account.kind === "done" ? await mfaOf(tx, identity.id) : undefined;
        if (account.kind !== "done" || !mfa?.secret || mfa.enabled !== enabled)
          return refused(userError(mfa?.enabled ? "MFA_IN_USE" : "MFA_NOT_STARTED"));
        const taken = await takeCode(tx, mfa.secret);
        return taken === "right" ? use(tx, account.value) : refused(userError("MFA_CODE_INVALID", "code"));
      },
      { tenantId: homeOf(identity) },
    ),
  );
}
