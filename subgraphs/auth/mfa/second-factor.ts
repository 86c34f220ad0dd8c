import { randomBytes } from "node:crypto";
import { Secret, TOTP } from "otpauth";
import { takeMfaStep, takeRecoveryCode } from "#db/auth/mfa-writes.ts";
import type { WriteTx } from "#db/client.ts";
import { apiKeyHash } from "#lib/trust/credentials.ts";
import { open, seal } from "#lib/trust/sealed-secret.ts";
import type { AuthServices } from "../services.ts";

const periodSeconds = 30;
const recoveryCodeCount = 10;
const recoveryCodeBytes = 10;

/** The parameters of RFC 6238 and of every authenticator app: SHA-1, six digits, 30 s. */
const totp = (secret: Secret, label = "") =>
  new TOTP({ issuer: "NovaCron", label, algorithm: "SHA1", digits: 6, period: periodSeconds, secret });

const placeOf = (tenantId: string, userId: string) => ({ tenantId, table: "users", row: userId, column: "mfa_secret" });

/** Creates a secret, in the form that an app reads and in the form that is stored. */
export function newSecret(
  { encryptionKeys }: AuthServices,
  { tenantId, userId, username }: { tenantId: string; userId: string; username: string },
): { secret: string; uri: string; sealed: string } {
  const secret = new Secret({ size: 20 });
  return {
    secret: secret.base32,
    uri: totp(secret, username).toString(),
    sealed: seal(encryptionKeys.current(), placeOf(tenantId, userId), secret.base32),
  };
}

/** Returns the time step that a code belongs to: the current one, the one before or the one after. Undefined when it belongs to none of them. */
function stepOf(
  { encryptionKeys }: AuthServices,
  { tenantId, userId, sealed }: { tenantId: string; userId: string; sealed: string },
  code: string,
): number | undefined {
  if (!/^\d{6}$/.test(code)) return undefined;
  const secret = Secret.fromBase32(open(encryptionKeys.current(), placeOf(tenantId, userId), sealed));
  const delta = totp(secret).validate({ token: code, window: 1 });
  return delta === null ? undefined : Math.floor(Date.now() / 1_000 / periodSeconds) + delta;
}

/** Creates ten recovery codes, each of which replaces the app for one sign-in. Only their hashes are stored. */
export function newRecoveryCodes({ pepper }: AuthServices): { codes: string[]; hashes: string[] } {
  const codes = Array.from({ length: recoveryCodeCount }, () =>
    (new Secret({ buffer: new Uint8Array(randomBytes(recoveryCodeBytes)).buffer }).base32.match(/.{4}/g) ?? [])
      .join("-")
      .toLowerCase(),
  );
  return { codes, hashes: codes.map((code) => recoveryHash(pepper, code)) };
}

const recoveryHash = (pepper: string, code: string): string => apiKeyHash(pepper, `recovery ${code}`);

/** `used`: the code was right, but it was used before. `refused`: the code was not checked, after too many wrong ones. */
export type TakenCode = "right" | "wrong" | "used" | "refused";
/** Checks the code against the sealed secret, and uses it up in this transaction. */
export type TakeCode = (tx: WriteTx, sealed: string) => Promise<TakenCode>;

/**
 * Runs a transaction that takes a code: a code of the app whose time step was not used before, or a recovery code. The code is counted after the
 * transaction, and only if it was wrong. Codes of one user are tried one after the other.
 * @throws PublicError OVERLOADED
 */
export function countingCodes<T>(
  services: AuthServices,
  userId: string,
  code: string,
  use: (takeCode: TakeCode) => Promise<T>,
): Promise<T> {
  const { limits } = services;
  return limits.ofCode(userId, async () => {
    const mayTry = await limits.hasCodesLeft(userId);
    let taken: TakenCode | undefined;
    const outcome = await use(async (tx, sealed) => {
      taken = mayTry ? await takeCode(services, tx, { userId, sealed }, code) : "refused";
      return taken;
    });
    if (taken === "wrong") await limits.countWrongCode(userId);
    if (taken === "right") await limits.forgetCodes(userId);
    return outcome;
  });
}

async function takeCode(
  services: AuthServices,
  tx: WriteTx,
  { userId, sealed }: { userId: string; sealed: string },
  code: string,
): Promise<TakenCode> {
  const given = code.trim().toLowerCase();
  const step = stepOf(services, { tenantId: tx.tenantId, userId, sealed }, given);
  if (step === undefined) return takeRecoveryCode(tx, userId, recoveryHash(services.pepper, given));
  return (await takeMfaStep(tx, userId, step)) ? "right" : "used";
}
