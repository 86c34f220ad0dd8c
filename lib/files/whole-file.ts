import { randomUUID } from "node:crypto";
import {
  closeSync,
  fsyncSync,
  linkSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { basename, dirname, join } from "node:path";

/**
 * Adds a file for its owner alone. The file is complete and on the disk as soon as it exists. Of several processes that add it at once, one does.
 * @returns false where a file with content exists; that one stays
 */
export function addFile(path: string, text: string): boolean {
  return withDraft(path, text, (draft) => {
    try {
      // Unlike a rename, a link replaces nothing.
      linkSync(draft, path);
      return true;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
      if (statSync(path).size > 0) return false;
      renameSync(draft, path);
      return true;
    }
  });
}

/**
 * Writes a file for its owner alone, in place of an existing one: complete and on the disk, or not at all.
 * @returns false where the file already has this text
 */
export function replaceFile(path: string, text: string): boolean {
  if (textIn(path) === text) return false;
  withDraft(path, text, (draft) => renameSync(draft, path));
  return true;
}

function withDraft<Result>(path: string, text: string, place: (draft: string) => Result): Result {
  const folder = dirname(path);
  const draft = join(folder, `.${basename(path)}.${randomUUID()}`);
  try {
    writeFileSync(draft, text, { mode: 0o600, flag: "wx", flush: true });
    const result = place(draft);
    syncFolder(folder);
    return result;
  } finally {
    rmSync(draft, { force: true });
  }
}

/** A name is on the disk only when its folder is synced. */
function syncFolder(folder: string): void {
  const opened = openSync(folder, "r");
  try {
    fsyncSync(opened);
  } finally {
    closeSync(opened);
  }
}

function textIn(path: string): string | undefined {
  try {
    return readFileSync(path, "utf8");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw error;
  }
}
