import { randomBytes } from "node:crypto";
import { closeSync, existsSync, fsyncSync, openSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { z } from "zod";
import { makeDataDir } from "#db/embedded/data-folder.ts";
import { type Key, type Keyring, keyringShape } from "#lib/keyring.ts";
import { followKeyring } from "#lib/live-keys.ts";
import type { Replaceable } from "#lib/replaceable.ts";
import { FileError, readJsonFile, readTextFile } from "#lib/text-file.ts";
import { onFileChange } from "#lib/watched-file.ts";
import type { Environment } from "./environment.ts";

const keysShape = z.object({
  /** Sign the context of calls between services. */
  signingKeys: keyringShape,
  /** Encrypt the keys of secrets at rest. */
  encryptionKeys: keyringShape,
  /** Goes into the hashes of API keys: who reads the database alone can neither use nor try them. */
  pepper: z.string().min(32),
});

export type Keys = z.infer<typeof keysShape>;

/** The keys as a file holds them; one of a version that only signed holds a secret. */
const storedShape = z.union([z.object({ signingKey: z.string() }), keysShape]);

/** The keys of the data folder; made at the first start, readable by their owner only. */
function readOrMakeKeys(dataDir: string): { keys: Keys; made: boolean } {
  const path = join(dataDir, "keys");
  makeDataDir(dataDir);
  const fresh: Keys = { signingKeys: [newKey()], encryptionKeys: [newKey()], pepper: newSecret() };
  try {
    // Exclusive: of two first starts at once, one makes the keys and the other reads them.
    writeFileSync(path, `${JSON.stringify(fresh, null, 2)}\n`, { mode: 0o600, flag: "wx" });
    return { keys: fresh, made: true };
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
    const kept = readJsonFile(path, "the keys of an installation", (value) => storedShape.parse(value));
    if (!("signingKey" in kept)) return { keys: kept, made: false };
    // Of a version that only signed.
    const keys: Keys = { ...fresh, signingKeys: [{ id: "1", secret: kept.signingKey }] };
    writeKeys(dataDir, keys);
    return { keys, made: false };
  }
}

/**
 * The keys of this installation: those that the environment gives, and the others from the data folder, where they are made at the
 * first start. With all three in the environment the folder is not looked at.
 */
export function readKeys({ dataDir, keys: given }: Pick<Environment, "dataDir" | "keys">): {
  keys: Keys;
  made: boolean;
} {
  const { signingKeys, encryptionKeys, pepper } = given;
  if (signingKeys && encryptionKeys && pepper) return { keys: { signingKeys, encryptionKeys, pepper }, made: false };
  const { keys, made } = readOrMakeKeys(dataDir);
  return {
    keys: {
      signingKeys: signingKeys ?? keys.signingKeys,
      encryptionKeys: encryptionKeys ?? keys.encryptionKeys,
      pepper: pepper ?? keys.pepper,
    },
    made,
  };
}

/** Without the parser's message, which quotes the file: it would put a secret into the log. */
function storedKeys(path: string, text: string): Keys {
  try {
    return keysShape.parse(JSON.parse(text));
  } catch {
    throw new FileError("FILE_INVALID", `${path} does not hold the keys of an installation.`);
  }
}

export interface LiveKeys {
  signingKeys: Replaceable<Keyring>;
  encryptionKeys?: Replaceable<Keyring>;
}

/**
 * Follows the files that the keys come from, those of the environment and that of the data folder: the keys that a process holds become what the
 * files hold, while it runs.
 * @returns what ends it
 */
export function followKeyFiles(
  { dataDir, keys: given }: Pick<Environment, "dataDir" | "keys">,
  { signingKeys, encryptionKeys }: LiveKeys,
): () => void {
  const ends = [followKeyring("NOVACRON_SIGNING_KEYS", signingKeys)];
  if (encryptionKeys) ends.push(followKeyring("NOVACRON_ENCRYPTION_KEYS", encryptionKeys));
  const path = join(dataDir, "keys");
  if (existsSync(path)) {
    const end = onFileChange(path, readTextFile(path), (text) => {
      const stored = storedKeys(path, text);
      if (!given.signingKeys) signingKeys.replace(stored.signingKeys);
      if (!given.encryptionKeys) encryptionKeys?.replace(stored.encryptionKeys);
    });
    ends.push(end);
  }
  return () => {
    for (const end of ends) end();
  };
}

/**
 * The keys of an installation that a start has made; never made here: what is signed or sealed under new ones is valid nowhere.
 * @throws Error KEYS_UNKNOWN
 */
export function requireKeys(environment: Pick<Environment, "dataDir" | "keys">): Keys {
  const { dataDir, keys } = environment;
  const given = keys.signingKeys && keys.encryptionKeys && keys.pepper;
  if (given || existsSync(join(dataDir, "keys"))) return readKeys(environment).keys;
  const message = `There are no keys in ${resolve(dataDir)}: give the data folder of the server with --data-dir or NOVACRON_DATA_DIR, or its NOVACRON_SIGNING_KEYS, NOVACRON_ENCRYPTION_KEYS and NOVACRON_PEPPER.`;
  throw Object.assign(new Error(message), { code: "KEYS_UNKNOWN" });
}

/**
 * The pepper of this installation, which is not made: an API key under a new one would be valid nowhere.
 * @throws Error PEPPER_UNKNOWN
 */
export function readPepper(environment: Pick<Environment, "dataDir" | "keys">): string {
  const { dataDir, keys } = environment;
  if (keys.pepper) return keys.pepper;
  if (existsSync(join(dataDir, "keys"))) return readKeys(environment).keys.pepper;
  const message = `There are no keys in ${dataDir}: give the data folder of the server, or its NOVACRON_PEPPER.`;
  throw Object.assign(new Error(message), { code: "PEPPER_UNKNOWN" });
}

/** Puts keys in place of those of the data folder: whole and on the disk, or not at all. */
export function writeKeys(dataDir: string, keys: Keys): void {
  const path = join(dataDir, "keys");
  const fresh = `${path}.${randomBytes(4).toString("hex")}`;
  const file = openSync(fresh, "wx", 0o600);
  try {
    writeFileSync(file, `${JSON.stringify(keys, null, 2)}\n`);
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
  renameSync(fresh, path);
  const folder = openSync(dataDir, "r");
  fsyncSync(folder);
  closeSync(folder);
}

/** Removes the keys of the data folder that a start has made and could not use. */
export const removeKeys = (dataDir: string): void => rmSync(join(dataDir, "keys"), { force: true });

export const newSecret = (): string => randomBytes(32).toString("base64url");
export const newKey = (): Key => ({ id: randomBytes(4).toString("hex"), secret: newSecret() });
