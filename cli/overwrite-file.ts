import { closeSync, fsyncSync, ftruncateSync, openSync, writeSync } from "node:fs";

/**
 * Writes a file in place: a container has the file itself mounted, and would keep one that is replaced. A process that follows it and reads half of
 * it keeps the keys that it has.
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
