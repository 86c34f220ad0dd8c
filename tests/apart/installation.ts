import { execFile } from "node:child_process";
import { mkdtempSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { bundles } from "#tests/harness/bundles.ts";

const run = promisify(execFile);

/** A new folder with what the image holds, in `dist`, and what `novacron secrets` makes, in `secrets`. */
export async function makeInstallation(): Promise<string> {
  const folder = mkdtempSync(join(tmpdir(), "novacron-compose-"));
  symlinkSync(bundles(), join(folder, "dist"));
  await run(process.execPath, [join(folder, "dist/cli/run.js"), "secrets", join(folder, "secrets")]);
  return folder;
}
