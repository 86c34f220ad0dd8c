import { closeSync, fsyncSync, ftruncateSync, openSync, writeSync } from "node:fs";

/**
 * Writes a file in place: a container has the file itself mounted, and would keep a file that is replaced. A process that follows the file and reads a partial
 * write keeps its current keys.
 */
export function overwriteFile(path: string, text: string): void {
  const file = openSync(path, "r+");
  try {
    ftruncateSync(file, writeSync(file, text, 0));
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
}
