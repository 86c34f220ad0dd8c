import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";

/**
 * Installs what other projects publish, to measure against, in the folder whose lock file names it. Nothing else needs it, so that only these benches pay for it.
 * @param wanted one of its files
 * @returns the path of that file; undefined when it cannot be installed
 */
export function installPeers(folder: string, wanted: string): string | undefined {
  const path = join(folder, "node_modules", wanted);
  if (existsSync(path)) return path;
  const { status } = spawnSync("npm", ["ci", "--ignore-scripts", "--no-audit", "--no-fund"], {
    cwd: folder,
    stdio: ["ignore", "ignore", "inherit"],
  });
  if (status === 0 && existsSync(path)) return path;
  process.stderr.write(`The packages of ${folder} cannot be installed: their rows are missing.\n`);
  return undefined;
}
