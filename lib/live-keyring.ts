import { type Key, type Keyring, parseKeyring } from "./keyring.ts";
import { readSecret } from "./secrets.ts";
import { onFileChange } from "./watched-file.ts";

/** So long after a file of keys was written, every process that follows it has its keys. */
export const keysSettleMs = 1_500;

/** Puts keys in the place of those of a ring, for all who hold it: they read it at each call. */
export function replaceKeys(ring: Keyring, keys: Keyring): void {
  const held = ring as unknown as Key[];
  held.splice(0, held.length, ...keys);
}

/**
 * Follows the file that `<NAME>_FILE` names, where there is one: the keys of the ring become what it holds, while calls go on. What is no list of
 * keys is logged, and the keys stay.
 * @returns what ends it
 */
export function followKeyring(name: string, ring: Keyring, env: NodeJS.ProcessEnv = process.env): () => void {
  const file = env[`${name}_FILE`];
  if (file === undefined) return () => undefined;
  return onFileChange(file, readSecret(name, env) ?? "", (text) => {
    const keys = parseKeyring(text.trim());
    if (!keys) throw new Error(`${name}_FILE holds no keys as id:secret,id:secret, of 32 characters or more.`);
    replaceKeys(ring, keys);
  });
}
