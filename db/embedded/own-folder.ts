import { chmodSync, lstatSync } from "node:fs";
import { makeFolder } from "#lib/make-folder.ts";

/**
 * Makes a folder that others may pass through but not write to. Throws when there is one already that somebody else
 * owns or can write to, as anybody could have made it in a temporary folder before us.
 */
export function requireOwnFolder(folder: string): void {
  if (makeFolder(folder, 0o755)) chmodSync(folder, 0o755);
  const { uid, mode } = lstatSync(folder);
  if (uid !== process.getuid?.() || (mode & 0o170_022) !== 0o040_000) {
    throw new Error(`${folder} is not a folder that only this user can write to`);
  }
}
