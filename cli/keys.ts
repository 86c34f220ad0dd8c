import { randomBytes } from "node:crypto";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";
import { type Key, keyringShape } from "#lib/keyring.ts";

const keysShape = z.object({
  /** Sign the context of calls between services. */
  signingKeys: keyringShape,
  /** Encrypt the keys of secrets at rest. */
  encryptionKeys: keyringShape,
  /** Goes into the hashes of API keys: who reads the database alone can neither use nor try them. */
  pepper: z.string().min(32),
});

export type Keys = z.infer<typeof keysShape>;

/** The keys of the data folder; made at the first start, readable by their owner only. */
export function readOrMakeKeys(dataDir: string): { keys: Keys; made: boolean } {
  const path = join(dataDir, "keys");
  mkdirSync(dataDir, { recursive: true });
  const fresh: Keys = { signingKeys: [newKey()], encryptionKeys: [newKey()], pepper: newSecret() };
  try {
    // Exclusive: of two first starts at once, one makes the keys and the other reads them.
    writeFileSync(path, `${JSON.stringify(fresh, null, 2)}\n`, { mode: 0o600, flag: "wx" });
    return { keys: fresh, made: true };
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
    return { keys: keysShape.parse(JSON.parse(readFileSync(path, "utf8"))), made: false };
  }
}

const newSecret = (): string => randomBytes(32).toString("base64url");
export const newKey = (): Key => ({ id: randomBytes(4).toString("hex"), secret: newSecret() });
