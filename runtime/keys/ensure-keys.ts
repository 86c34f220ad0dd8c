import { join, resolve } from "node:path";
import { hasKeyUsers } from "#db/auth/credentials.ts";
import type { Database } from "#db/client.ts";
import { hasSealed, sealedColumns } from "#db/sealed-columns.ts";
import { closeDatabases, type DatabaseServer, openDatabases } from "../databases.ts";
import type { Environment } from "../environment.ts";
import { type Keys, makeKeys, readKeys, requireKeys } from "./keys.ts";

export interface KeyedData {
  server: DatabaseServer;
  /** The auth database under its system role. */
  system: Database;
  /** Whether new keys may be made when the keys of existing data are lost. */
  newKeys: boolean;
  print: (line: string) => void;
}

/**
 * Returns the keys of the installation, and makes them where there are none. No part of new keys is on the disk before it is known that no data is under other
 * keys: the next start would take them for the right ones, even if this one fails.
 * @throws Error KEYS_LOST, with the possible solutions
 */
export async function ensureKeys(environment: Environment, data: KeyedData): Promise<Keys> {
  const kept = readKeys(environment);
  if (kept) return kept;
  const isUsed = !data.newKeys && (await isUnderKeys(data));
  // Read again after the data: another first start may have made keys and used them meanwhile.
  const others = readKeys(environment);
  if (others) return others;
  if (isUsed) throw keysLost(environment.dataDir);
  if (makeKeys(environment.dataDir)) data.print(`made new keys in ${environment.dataDir}/keys`);
  return requireKeys(environment);
}

/** Returns whether any data in the databases is useless without the keys that it was made under. */
async function isUnderKeys({ server, system }: KeyedData): Promise<boolean> {
  if (await hasKeyUsers(system)) return true;
  const systems = await openDatabases(server, "system");
  try {
    const found = await Promise.all(sealedColumns.map((place) => hasSealed(systems[place.domain], place)));
    return found.includes(true);
  } finally {
    await closeDatabases(systems);
  }
}

function keysLost(dataDir: string): Error {
  const path = join(resolve(dataDir), "keys");
  const message = `The databases hold API keys or secrets, but the keys that they are under are not in ${path}. Put that file back, or start with the data folder or the environment (NOVACRON_PEPPER, NOVACRON_ENCRYPTION_KEYS, NOVACRON_SIGNING_KEYS) of that installation. Where the keys are lost, --new-keys makes new ones: existing API keys and second factors become invalid.`;
  return Object.assign(new Error(message), { code: "KEYS_LOST" });
}
