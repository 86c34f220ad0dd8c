import { chmodSync, mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/**
 * A new data folder, for the caller to remove. Whoever PostgreSQL runs as may pass through it, so that the databases are inside: as root they
 * would be put elsewhere, and outlive the folder.
 */
export function temporaryDataDir(name: string): string {
  const folder = mkdtempSync(join(tmpdir(), name));
  chmodSync(folder, 0o755);
  return folder;
}
