import { basename, dirname } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { type Keyring, parseKeyring } from "#lib/trust/keyring.ts";
import { keysSettleMs } from "#lib/trust/live-keys.ts";
import { FileError, readTextFile } from "#lib/files/text-file.ts";
import { signingKeysFile, updateCallerKeys } from "./caller-keys-files.ts";
import { issuers } from "./issuers.ts";
import { newKey } from "./keys.ts";
import { overwriteFile } from "#lib/files/overwrite-file.ts";
import type { Rotation } from "./rotate-keys.ts";

/**
 * Rotates the keys of a file that running processes follow, such as `secrets/gateway-keys`, without a rejected call. The new key is behind the old ones until
 * all processes have it, and then in front of them. With the keys of an issuer of calls, the caller keys of the subgraphs in the same folder rotate: a subgraph
 * knows a key before the issuer signs with it, and for as long as the issuer may.
 * @param removeOld makes no key, and removes all but the newest
 */
export async function rotateKeyFile(path: string, removeOld: boolean): Promise<Rotation> {
  const keys = parseKeyring(readTextFile(path).trim());
  if (!keys) throw new FileError("FILE_INVALID", `${path} does not hold keys as id:secret,id:secret.`);
  const [newest, ...older] = keys;
  const issuer = issuers.find((each) => signingKeysFile(each) === basename(path));
  const write = (next: Keyring) => {
    overwriteFile(path, `${next.map(({ id, secret }) => `${id}:${secret}`).join(",")}\n`);
    return delay(keysSettleMs);
  };
  const known = (next: Keyring) =>
    issuer !== undefined && updateCallerKeys(dirname(path), issuer, next) && delay(keysSettleMs);
  if (removeOld) {
    await write([newest]);
    await known([newest]);
    return { keyId: newest.id, made: false, resealed: 0, removed: older.map(({ id }) => id) };
  }
  const made = newKey();
  await known([newest, ...older, made]);
  await write([newest, ...older, made]);
  await write([made, ...keys]);
  return { keyId: made.id, made: true, resealed: 0, removed: [] };
}
