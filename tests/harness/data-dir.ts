import { chmodSync, existsSync, mkdtempSync, statfsSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

const memory = "/dev/shm";
const roomBytes = 4 * 2 ** 30;

/** Chooses memory where there is space: each database has some 300 files, and a disk takes ten times as long to create them. */
function parentFolder(): string {
  if (!existsSync(memory)) return tmpdir();
  const { bavail, bsize } = statfsSync(memory);
  return Math.min(bavail * bsize, process.availableMemory()) >= roomBytes ? memory : tmpdir();
}

/**
 * Makes a new data folder, in memory where there is space; the caller removes it. Any user that PostgreSQL runs as may pass through it, so that the databases
 * are inside. Run as root, they would otherwise be elsewhere, and outlive the folder.
 */
export function temporaryDataDir(name: string): string {
  const folder = mkdtempSync(join(parentFolder(), name));
  chmodSync(folder, 0o755);
  return folder;
}
