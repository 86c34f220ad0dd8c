import { execFile } from "node:child_process";
import { mkdirSync, mkdtempSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { domains } from "#db/columns.ts";
import { derivedPassword, loginRole, logins } from "#db/logins.ts";
import { bundles } from "#tests/harness/bundles.ts";
import { adminUrl } from "#tests/harness/server.ts";

const run = promisify(execFile);

/**
 * Makes a new folder with the image's contents in `dist`, and the output of `novacron secrets` in `secrets`. Roles belong to the whole server, so the
 * passwords of logins are those that they have on the tests' server.
 */
export async function makeInstallation(): Promise<string> {
  const folder = mkdtempSync(join(tmpdir(), "novacron-compose-"));
  symlinkSync(bundles(), join(folder, "dist"));
  const secrets = join(folder, "secrets");
  mkdirSync(secrets, { mode: 0o700 });
  const administrator = decodeURIComponent(new URL(adminUrl()).password);
  for (const domain of domains)
    for (const login of logins)
      writeFileSync(
        join(secrets, `${domain}-${login}-password`),
        `${derivedPassword(administrator, loginRole(domain, login))}\n`,
        { mode: 0o600 },
      );
  await run(process.execPath, [join(folder, "dist/cli/run.js"), "secrets", secrets]);
  return folder;
}
