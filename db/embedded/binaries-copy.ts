import { chmodSync, copyFileSync, mkdirSync, mkdtempSync, readdirSync, renameSync, rmSync, statSync } from "node:fs";
import { join } from "node:path";
import { makeLibraryLinks } from "./library-links.ts";
import { requireOwnFolder } from "./own-folder.ts";

/**
 * Copies a package's `native` folder to `<cache>/<name>`, readable by every user, whole or not at all. Throws when any other user can write to the cache
 * folder: a program of that user could run instead.
 */
export function copyBinaries(native: string, cache: string, copy: string): void {
  requireOwnFolder(cache);
  const work = mkdtempSync(`${copy}.new-`);
  try {
    // The links name files below a folder called `native`.
    copyReadable(native, join(work, "native"));
    makeLibraryLinks(join(work, "native"));
    rmSync(copy, { recursive: true, force: true });
    renameSync(join(work, "native"), copy);
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}

/** Sets the modes here: with a umask of 077, only their owner can read the installed files. */
function copyReadable(from: string, to: string): void {
  mkdirSync(to);
  chmodSync(to, 0o755);
  for (const entry of readdirSync(from, { withFileTypes: true })) {
    const source = join(from, entry.name);
    const target = join(to, entry.name);
    if (entry.isDirectory()) copyReadable(source, target);
    if (!entry.isFile()) continue;
    copyFileSync(source, target);
    chmodSync(target, (statSync(source).mode & 0o100) === 0 ? 0o644 : 0o755);
  }
}
