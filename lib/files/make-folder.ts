import { mkdirSync, statSync } from "node:fs";
import { dirname } from "node:path";

/**
 * Creates a folder and its missing parents. `mkdir` with `recursive` never returns for a folder below one in which none can be created, such as `/proc/x`
 * (Node 20 to 24).
 * @returns whether the folder was created
 * @throws the system's error, such as EACCES or ENOENT
 */
export function makeFolder(path: string, mode = 0o777): boolean {
  if (statSync(path, { throwIfNoEntry: false })?.isDirectory()) return false;
  const above = dirname(path);
  if (above !== path && !statSync(above, { throwIfNoEntry: false })) makeFolder(above, mode);
  try {
    mkdirSync(path, { mode });
    return true;
  } catch (error) {
    // Another process has created it at the same time.
    if ((error as NodeJS.ErrnoException).code === "EEXIST" && statSync(path).isDirectory()) return false;
    throw error;
  }
}
