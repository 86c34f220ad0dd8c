import { type Keyring, parseKeyring } from "./keyring.ts";
import type { Replaceable } from "../replaceable.ts";
import { readTextFile } from "../files/text-file.ts";
import { onFileChange } from "../files/watched-file.ts";

/** This time after a file of keys was written, every process that follows it has its keys. */
export const keysSettleMs = 1_500;

/**
 * Follows the file that `<NAME>_FILE` names, if there is one: its keys replace the current ones while calls continue. A text without keys is logged, and
 * the current keys stay.
 * @param parse undefined for a text without keys
 * @returns a function that stops it
 */
export function followKeys<Keys>(
  name: string,
  held: Replaceable<Keys>,
  parse: (text: string) => Keys | undefined,
  env: NodeJS.ProcessEnv = process.env,
): () => void {
  const file = env[`${name}_FILE`];
  if (file === undefined) return () => undefined;
  return onFileChange(file, readTextFile(file), (text) => {
    const keys = parse(text.trim());
    if (!keys) throw new Error(`${name}_FILE does not hold the keys that ${name} needs.`);
    held.replace(keys);
  });
}

/** Follows a file with a ring of `id:secret,id:secret`. */
export const followKeyring = (name: string, held: Replaceable<Keyring>): (() => void) =>
  followKeys(name, held, parseKeyring);
