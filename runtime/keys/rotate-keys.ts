import { setTimeout as delay } from "node:timers/promises";
import { countSealedOtherwise, lockKeys, resealBatch, sealedColumns } from "#db/sealed-columns.ts";
import type { Keyring } from "#lib/trust/keyring.ts";
import { platformTenantId } from "#lib/trust/platform-tenant.ts";
import { readCheckpoints } from "#subgraphs/auth/audit/checkpoint-file.ts";
import type { Databases } from "../databases.ts";
import type { Environment } from "../environment.ts";
import { type Keys, newKey, requireKeys, writeKeys } from "./keys.ts";

export interface RotateOptions {
  /** Rotate the signing keys instead. Of the data at rest, only the checkpoints of the audit log are under them. */
  signing: boolean;
  /** Also seal secrets under the new key. When false, only the key is made, so that running servers learn it before anything is sealed under it. */
  reseal: boolean;
  /** Remove every key but the newest. */
  removeOld: boolean;
  /** How long running processes need to load a new key, before anything is sealed under it. */
  settleMs?: number;
  onProgress?: (done: number, total: number) => void;
}

export interface Rotation {
  /** The key that is in front now. */
  keyId: string;
  /** Whether this rotation made the key; false when it continues an unfinished rotation, or the environment gives the keys. */
  made: boolean;
  resealed: number;
  removed: string[];
}

type Systems = Pick<Databases, "auth" | "federation">;
type KeyName = "signingKeys" | "encryptionKeys";

/**
 * Puts a new key in front and seals every secret under it. While secrets are under older keys, the previous rotation was not finished: this one then continues
 * it and makes no key. The key is on the disk before anything is sealed under it.
 */
export async function rotateKeys(
  environment: Environment,
  systems: Systems,
  options: RotateOptions,
): Promise<Rotation> {
  const name: KeyName = options.signing ? "signingKeys" : "encryptionKeys";
  const given = environment.keys[name];
  const unfinished = !options.signing && (await countLeft(systems, requireKeys(environment).encryptionKeys[0].id)) > 0;
  const makes = !given && !unfinished && !options.removeOld;
  const keyring = makes
    ? await changeKeys(environment, systems, name, (keys) => [newKey(), ...keys])
    : requireKeys(environment)[name];
  const [{ id: keyId }] = keyring;

  let resealed = 0;
  // Running processes cannot open a secret under a key that they do not have yet.
  if (makes && !options.signing && options.reseal) await delay(options.settleMs ?? 0);
  if (!options.signing && options.reseal)
    resealed = await resealAll(systems, () => requireKeys(environment).encryptionKeys, options.onProgress);

  const removed: string[] = [];
  if (options.removeOld) {
    if (given) throw refused("KEYS_GIVEN", `The ${name} come from the environment: remove the old ones there.`);
    if (!options.signing && (await countLeft(systems, keyId)) > 0)
      throw refused("KEY_IN_USE", "There are secrets under older keys: complete the rotation first.");
    removed.push(...keyring.slice(1).map(({ id }) => id));
    if (options.signing) await refuseUsedByCheckpoints(environment.auditCheckpoints, removed);
    await changeKeys(environment, systems, name, ([newest, ...older]) => [
      newest,
      ...older.filter(({ id }) => !removed.includes(id)),
    ]);
  }
  return { keyId, made: makes, resealed, removed };
}

async function resealAll(
  systems: Systems,
  readKeyring: () => Keyring,
  onProgress: RotateOptions["onProgress"] = () => undefined,
): Promise<number> {
  const total = await countLeft(systems, readKeyring()[0].id);
  let done = 0;
  for (const place of sealedColumns) {
    for (;;) {
      const resealed = await resealBatch(systems[place.domain], place, readKeyring, platformTenantId);
      if (resealed === 0) break;
      onProgress((done += resealed), total);
    }
  }
  return done;
}

async function countLeft(systems: Systems, keyId: string): Promise<number> {
  const counts = await Promise.all(
    sealedColumns.map((place) => countSealedOtherwise(systems[place.domain], place, keyId)),
  );
  return counts.reduce((sum, count) => sum + count, 0);
}

/** Under a lock in the database, so that of two rotations at once, neither loses the other's key. */
const changeKeys = (
  environment: Environment,
  systems: Systems,
  name: KeyName,
  change: (keys: Keyring) => Keyring,
): Promise<Keyring> =>
  systems.auth.write({ tenantId: platformTenantId }, async (tx) => {
    await lockKeys(tx);
    const keys = requireKeys({ dataDir: environment.dataDir, keys: {} });
    const changed: Keys = { ...keys, [name]: change(keys[name]) };
    writeKeys(environment.dataDir, changed);
    return changed[name];
  });

/** A checkpoint without its key proves nothing: it would be reported as bad forever. */
async function refuseUsedByCheckpoints(path: string, keyIds: readonly string[]): Promise<void> {
  for await (const { line, checkpoint } of readCheckpoints(path)) {
    if (checkpoint && keyIds.includes(checkpoint.keyId)) {
      const used = `Line ${line} of ${path} is signed under ${checkpoint.keyId}: verify the audit log, and move that file away first.`;
      throw refused("KEY_IN_USE", used);
    }
  }
}

const refused = (code: string, message: string) => Object.assign(new Error(message), { code });
