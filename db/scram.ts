import { createHash, createHmac, pbkdf2, randomBytes, timingSafeEqual } from "node:crypto";
import { promisify } from "node:util";

const iterations = 4096;
const stretch = promisify(pbkdf2);

/**
 * Returns a password in the form in which PostgreSQL stores it (RFC 5803). A person who reads a statement with it, in a log or on a screen, cannot log in with
 * it. Passwords are of printable ASCII, which needs no SASLprep.
 */
export const scramVerifier = (password: string): Promise<string> => verifierOf(password, randomBytes(16), iterations);

/** Returns whether the server's stored verifier is of this password. */
export async function isVerifierOf(verifier: string | null, password: string): Promise<boolean> {
  const [, rounds, salt] = /^SCRAM-SHA-256\$(\d+):([A-Za-z0-9+/=]+)\$/.exec(verifier ?? "") ?? [];
  if (verifier === null || rounds === undefined || salt === undefined) return false;
  const right = Buffer.from(await verifierOf(password, Buffer.from(salt, "base64"), Number(rounds)));
  const kept = Buffer.from(verifier);
  return right.length === kept.length && timingSafeEqual(right, kept);
}

async function verifierOf(password: string, salt: Buffer, rounds: number): Promise<string> {
  const salted = await stretch(password, salt, rounds, 32, "sha256");
  const hmac = (text: string) => createHmac("sha256", salted).update(text).digest();
  const storedKey = createHash("sha256").update(hmac("Client Key")).digest("base64");
  return `SCRAM-SHA-256$${rounds}:${salt.toString("base64")}$${storedKey}:${hmac("Server Key").toString("base64")}`;
}
