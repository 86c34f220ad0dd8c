import { closeSync, fsyncSync, ftruncateSync, openSync, writeSync } from "node:fs";
import { setTimeout as delay } from "node:timers/promises";
import { type Keyring, parseKeyring } from "#lib/keyring.ts";
import { keysSettleMs } from "#lib/live-keyring.ts";
import { FileError, readTextFile } from "#lib/text-file.ts";
import { newKey } from "./keys.ts";
import type { Rotation } from "./rotate-keys.ts";

/**
 * Rotates the keys of a file that running processes follow, such as `secrets/signing-keys`, without a call that is refused: the new key is
 * behind the old ones until all processes have it, and then in front of them.
 * @param removeOld makes no key, and takes away all but the newest
 */
export async function rotateKeyFile(path: string, removeOld: boolean): Promise<Rotation> {
  const keys = parseKeyring(readTextFile(path).trim());
  if (!keys) throw new FileError("FILE_INVALID", `${path} does not hold keys as id:secret,id:secret.`);
  const [newest, ...older] = keys;
  if (removeOld) {
    write(path, [newest]);
    return { keyId: newest.id, made: false, resealed: 0, removed: older.map(({ id }) => id) };
  }
  const made = newKey();
  write(path, [newest, ...older, made]);
  await delay(keysSettleMs);
  write(path, [made, ...keys]);
  await delay(keysSettleMs);
  return { keyId: made.id, made: true, resealed: 0, removed: [] };
}

/** In place: a container has the file itself mounted, and would keep one that is replaced. A reader of half of it keeps the keys that it has. */
function write(path: string, keys: Keyring): void {
  const text = `${keys.map(({ id, secret }) => `${id}:${secret}`).join(",")}\n`;
  const file = openSync(path, "r+");
  try {
    ftruncateSync(file, writeSync(file, text, 0));
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
}
