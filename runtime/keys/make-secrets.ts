import { createHash } from "node:crypto";
import { existsSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { domains } from "#db/columns.ts";
import { logins } from "#db/logins.ts";
import { makeFolder } from "#lib/files/make-folder.ts";
import { addFile, replaceFile } from "#lib/files/whole-file.ts";
import { ConfigurationError } from "#lib/process/configuration-error.ts";
import type { Issuer } from "#lib/trust/call-keys.ts";
import { type Keyring, parseKeyring } from "#lib/trust/keyring.ts";
import { callerKeysFile, callerKeysOf, signingKeysFile } from "./caller-keys-files.ts";
import { issuers } from "./issuers.ts";
import { newKey, newSecret } from "./keys.ts";

/**
 * Makes the files that are missing in a folder, also after an incomplete run. Files derived from another file (the keys by which a subgraph verifies its
 * callers, the hash of a password) are updated to match it.
 */
export function makeSecrets(folder: string): { made: string[]; kept: string[] } {
  makeFolder(resolve(folder), 0o700);
  const done: { made: string[]; kept: string[] } = { made: [], kept: [] };
  const note = (name: string, isMade: boolean) => (isMade ? done.made : done.kept).push(name);
  const read = (name: string) => readFileSync(join(folder, name), "utf8").trim();
  const keyring = () => {
    const { id, secret } = newKey();
    return `${id}:${secret}`;
  };
  // Before each process had keys of its own, there was one file for all. Its checkpoints must stay provable; calls are signed with new keys.
  const jobsKeys = () => (existsSync(join(folder, "signing-keys")) ? read("signing-keys") : keyring());
  const secrets: [name: string, make: () => string][] = [
    ...issuers.map((issuer): [string, () => string] => [
      signingKeysFile(issuer),
      issuer === "jobs" ? jobsKeys : keyring,
    ]),
    ["encryption-keys", keyring],
    ["pepper", newSecret],
    ["redis-password", newSecret],
    ["hypervisor-token", newSecret],
    ...domains.flatMap((domain) =>
      ["db", ...logins].map((user): [string, () => string] => [`${domain}-${user}-password`, newSecret]),
    ),
  ];
  for (const [name, make] of secrets) note(name, addFile(join(folder, name), `${make()}\n`));
  const keysOf = (issuer: Issuer): Keyring => {
    const keys = parseKeyring(read(signingKeysFile(issuer)));
    if (!keys) throw new ConfigurationError([`${join(folder, signingKeysFile(issuer))}: not id:secret,id:secret`]);
    return keys;
  };
  const derived: [name: string, text: string][] = [
    ["redis-users", redisUsers(read("redis-password"))],
    ...domains.map((domain): [string, string] => [callerKeysFile(domain), callerKeysOf(domain, keysOf)]),
  ];
  for (const [name, text] of derived) note(name, replaceFile(join(folder, name), `${text}\n`));
  return done;
}

/** Services may run all commands except those that administer or empty the server. `INFO` shows whether it has loaded. A health check may only run `PING`. */
const redisUsers = (password: string): string =>
  [
    `user default on #${createHash("sha256").update(password).digest("hex")} ~* &* +@all -@admin -@dangerous +info`,
    "user health on nopass resetkeys resetchannels -@all +ping",
  ].join("\n");
