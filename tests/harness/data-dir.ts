import { chmodSync, existsSync, mkdtempSync, statfsSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

const memory = "/dev/shm";
const roomBytes = 4 * 2 ** 30;

/** Each database is some 300 files, which a disk takes ten times as long to make as memory. */
function parentFolder(): string {
  if (!existsSync(memory)) return tmpdir();
  const { bavail, bsize } = statfsSync(memory);
  return Math.min(bavail * bsize, process.availableMemory()) >= roomBytes ? memory : tmpdir();
}

/**
 * A new data folder, for the caller to remove; in memory where there is room. Whoever PostgreSQL runs as may pass through it, so that the databases
 * are inside: as root they would be put elsewhere, and outlive the folder.
 */
export function temporaryDataDir(name: string): string {
  const folder = mkdtempSync(join(parentFolder(), name));
  chmodSync(folder, 0o755);
  return folder;
}
