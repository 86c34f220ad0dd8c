import { chmodSync, lstatSync } from "node:fs";
import { makeFolder } from "#lib/files/make-folder.ts";

/**
 * Makes a folder that other users may enter but not write to. Throws when such a folder exists and another user owns it or can write to it. In a temporary
 * folder, any user could have made it first.
 */
export function requireOwnFolder(folder: string): void {
  if (makeFolder(folder, 0o755)) chmodSync(folder, 0o755);
  const { uid, mode } = lstatSync(folder);
  if (uid !== process.getuid?.() || (mode & 0o170_022) !== 0o040_000) {
    throw new Error(`${folder} is not a folder that only this user can write to`);
  }
}
