import { createHmac, hkdfSync, timingSafeEqual } from "node:crypto";
import { z } from "zod";
import type { Key, Keyring } from "./keyring.ts";

export const checkpointShape = z.object({
  tenantId: z.uuid(),
  /** The number of the last entry of the tenant's audit log, and its hash, which covers all entries before it. */
  seq: z.int().positive(),
  hash: z.string().regex(/^[0-9a-f]{64}$/),
  at: z.iso.datetime(),
  keyId: z.string(),
  /** HMAC-SHA-256 of all of the above, in base64url. */
  signature: z.string(),
});

/** The signed state of a tenant's audit log at a moment. It is kept outside the database, so that entries cannot be removed or replaced unnoticed. */
export type AuditCheckpoint = z.infer<typeof checkpointShape>;

export function signCheckpoint(
  keyring: Keyring,
  head: { tenantId: string; seq: number; hash: string },
  at: Date,
): AuditCheckpoint {
  const [key] = keyring;
  const { tenantId, seq, hash } = head;
  const unsigned = { tenantId, seq, hash, at: at.toISOString(), keyId: key.id };
  return { ...unsigned, signature: mac(key, unsigned).toString("base64url") };
}

/** Returns why a checkpoint proves nothing; null when it was signed with a key of the ring and not changed since. */
export function checkpointProblem(keyring: Keyring, checkpoint: AuditCheckpoint): string | null {
  const key = keyring.find(({ id }) => id === checkpoint.keyId);
  if (!key) return `the signing key ${checkpoint.keyId} of the checkpoint is not in the keyring`;
  const given = Buffer.from(checkpoint.signature, "base64url");
  const right = mac(key, checkpoint);
  return given.length === right.length && timingSafeEqual(given, right)
    ? null
    : "the signature of the checkpoint is wrong";
}

/** Computes the signature with a key derived for this purpose: no signature of another kind, with the same secret, is a valid signature of a checkpoint. */
function mac({ secret }: Key, { tenantId, seq, hash, at, keyId }: Omit<AuditCheckpoint, "signature">): Buffer {
  const key = Buffer.from(hkdfSync("sha256", secret, "", "novacron audit checkpoint", 32));
  return createHmac("sha256", key)
    .update(JSON.stringify(["1", tenantId, seq, hash, at, keyId]))
    .digest();
}
