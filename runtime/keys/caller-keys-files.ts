import { existsSync } from "node:fs";
import { join } from "node:path";
import { type Domain, domains } from "#db/columns.ts";
import { callerKeys, callerKeysText } from "#lib/trust/call-keys.ts";
import type { Keyring } from "#lib/trust/keyring.ts";
import { overwriteFile } from "#lib/files/overwrite-file.ts";

/** The file in a folder of `novacron secrets` with the keys by which a subgraph verifies the gateways. */
export const callerKeysFile = (domain: Domain): string => `${domain}-caller-keys`;

export const callerKeysOfGateway = (keys: Keyring, domain: Domain): string =>
  callerKeysText(callerKeys("gateway", keys, domain));

/** Updates the caller keys in a folder to match the keys of the gateways. @returns whether there are any */
export function updateCallerKeys(folder: string, keys: Keyring): boolean {
  const present = domains.filter((domain) => existsSync(join(folder, callerKeysFile(domain))));
  for (const domain of present)
    overwriteFile(join(folder, callerKeysFile(domain)), `${callerKeysOfGateway(keys, domain)}\n`);
  return present.length > 0;
}
