import { randomBytes } from "node:crypto";
import { existsSync } from "node:fs";
import { join, resolve } from "node:path";
import { z } from "zod";
import { makeDataDir } from "#db/embedded/data-folder.ts";
import { type Key, type Keyring, keyringShape } from "#lib/trust/keyring.ts";
import { followKeyring } from "#lib/trust/live-keys.ts";
import type { Replaceable } from "#lib/replaceable.ts";
import { parseJsonFile, readJsonFile, readTextFile } from "#lib/files/text-file.ts";
import { onFileChange } from "#lib/files/watched-file.ts";
import { addFile, replaceFile } from "#lib/files/whole-file.ts";
import type { Environment } from "../environment.ts";

const keysShape = z.object({
  /** Sign the context of calls between services. */
  signingKeys: keyringShape,
  /** Encrypt the keys of secrets at rest. */
  encryptionKeys: keyringShape,
  /** Is part of the hashes of API keys: a person who reads only the database can neither use nor try them. */
  pepper: z.string().min(32),
});

export type Keys = z.infer<typeof keysShape>;

const keysFile = (dataDir: string): string => join(dataDir, "keys");

const what = "the keys of an installation";

type KeySource = Pick<Environment, "dataDir" | "keys">;

/**
 * Returns the keys of this installation: those that the environment gives, and the others from the data folder; undefined when that has none. With all three in
 * the environment, the folder is not read.
 * @throws FileError
 */
export function readKeys({ dataDir, keys: given }: KeySource): Keys | undefined {
  const { signingKeys, encryptionKeys, pepper } = given;
  if (signingKeys && encryptionKeys && pepper) return { signingKeys, encryptionKeys, pepper };
  const path = keysFile(dataDir);
  if (!existsSync(path)) return undefined;
  const stored = readJsonFile(path, what, (value) => keysShape.parse(value));
  return {
    signingKeys: signingKeys ?? stored.signingKeys,
    encryptionKeys: encryptionKeys ?? stored.encryptionKeys,
    pepper: pepper ?? stored.pepper,
  };
}

/**
 * Makes the keys of a data folder that has none. They are valid from then on, also for the next start: the caller knows that no data is under other keys.
 * @returns false when another process has made them at the same time; those stay
 */
export function makeKeys(dataDir: string): boolean {
  makeDataDir(dataDir);
  return addFile(
    keysFile(dataDir),
    textOf({ signingKeys: [newKey()], encryptionKeys: [newKey()], pepper: newSecret() }),
  );
}

/** Replaces the keys of the data folder: they are whole and on the disk, or nothing changes. */
export function writeKeys(dataDir: string, keys: Keys): void {
  replaceFile(keysFile(dataDir), textOf(keys));
}

const textOf = (keys: Keys): string => `${JSON.stringify(keys, null, 2)}\n`;

export interface LiveKeys {
  signingKeys: Replaceable<Keyring>;
  encryptionKeys?: Replaceable<Keyring>;
}

/**
 * Follows the files that the keys come from, those of the environment and that of the data folder. While a process runs, its keys change with the files.
 * @returns a function that ends it
 */
export function followKeyFiles(
  { dataDir, keys: given }: KeySource,
  { signingKeys, encryptionKeys }: LiveKeys,
): () => void {
  const ends = [followKeyring("NOVACRON_SIGNING_KEYS", signingKeys)];
  if (encryptionKeys) ends.push(followKeyring("NOVACRON_ENCRYPTION_KEYS", encryptionKeys));
  const path = keysFile(dataDir);
  if (existsSync(path)) {
    const end = onFileChange(path, readTextFile(path), (text) => {
      const stored = parseJsonFile(path, text, what, (value) => keysShape.parse(value));
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
 * Returns the keys of an installation that a start has made. It never makes any: what is signed or sealed under new keys is valid nowhere.
 * @throws Error KEYS_UNKNOWN
 */
export function requireKeys(source: KeySource): Keys {
  const keys = readKeys(source);
  if (keys) return keys;
  const message = `There are no keys in ${resolve(source.dataDir)}: give the data folder of the server with --data-dir or NOVACRON_DATA_DIR, or its NOVACRON_SIGNING_KEYS, NOVACRON_ENCRYPTION_KEYS and NOVACRON_PEPPER.`;
  throw Object.assign(new Error(message), { code: "KEYS_UNKNOWN" });
}

/**
 * Returns the pepper of this installation. It never makes one: an API key under a new pepper would be valid nowhere.
 * @throws Error PEPPER_UNKNOWN
 */
export function readPepper(source: KeySource): string {
  const pepper = source.keys.pepper ?? readKeys(source)?.pepper;
  if (pepper) return pepper;
  const message = `There are no keys in ${source.dataDir}: give the data folder of the server, or its NOVACRON_PEPPER.`;
  throw Object.assign(new Error(message), { code: "PEPPER_UNKNOWN" });
}

export const newSecret = (): string => randomBytes(32).toString("base64url");
export const newKey = (): Key => ({ id: randomBytes(4).toString("hex"), secret: newSecret() });
