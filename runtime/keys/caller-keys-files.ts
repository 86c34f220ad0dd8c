import { existsSync } from "node:fs";
import { join } from "node:path";
import type { Domain } from "#db/columns.ts";
import { overwriteFile } from "#lib/files/overwrite-file.ts";
import { FileError, readTextFile } from "#lib/files/text-file.ts";
import { callerKeys, callerKeysText, type Issuer, parseCallerKeys } from "#lib/trust/call-keys.ts";
import type { Keyring } from "#lib/trust/keyring.ts";
import { calleesOf, issuers } from "./issuers.ts";

/** The file in a folder of `novacron secrets` with the keys with which an issuer signs its calls. */
export const signingKeysFile = (issuer: Issuer): string => `${issuer}-keys`;

/** The file in a folder of `novacron secrets` with the keys by which a subgraph verifies its callers. */
export const callerKeysFile = (domain: Domain): string => `${domain}-caller-keys`;

/** Returns the keys by which a subgraph verifies its callers, those of the gateway first. @param keysOf the own keys of an issuer */
export const callerKeysOf = (domain: Domain, keysOf: (issuer: Issuer) => Keyring): string =>
  callerKeysText(
    issuers.flatMap((issuer) => (calleesOf(issuer).includes(domain) ? callerKeys(issuer, keysOf(issuer), domain) : [])),
  );

/** Updates the caller keys in a folder to match the own keys of an issuer. Those of other issuers stay. @returns whether there are any */
export function updateCallerKeys(folder: string, issuer: Issuer, keys: Keyring): boolean {
  const present = calleesOf(issuer).filter((domain) => existsSync(join(folder, callerKeysFile(domain))));
  for (const domain of present) {
    const path = join(folder, callerKeysFile(domain));
    const known = parseCallerKeys(readTextFile(path).trim());
    if (!known) throw new FileError("FILE_INVALID", `${path} does not hold keys as issuer/id:secret,issuer/id:secret.`);
    const others = known.filter((key) => key.issuer !== issuer);
    overwriteFile(path, `${callerKeysText([...callerKeys(issuer, keys, domain), ...others])}\n`);
  }
  return present.length > 0;
}
