import { stat } from "node:fs/promises";
import { log } from "./log.ts";
import { FileError, loadTextFile } from "./text-file.ts";

/** Looking works on every file system, and when a file is replaced by another; notices of the system do not. */
const lookEveryMs = 500;

/**
 * Gives the text of a file to `apply` whenever it changes, one text at a time. What `apply` rejects is logged, and what was applied before stays.
 * @param text what the file held when it was read first
 * @returns what ends it
 */
export function onFileChange(path: string, text: string, apply: (text: string) => void | Promise<void>): () => void {
  let applied = text;
  let seen = "";
  let isLooking = false;
  const look = async () => {
    const { ino, size, mtimeMs } = await stat(path);
    const state = `${ino} ${size} ${mtimeMs}`;
    if (state === seen) return;
    seen = state;
    const changed = await loadTextFile(path);
    if (changed === applied) return;
    await apply(changed);
    applied = changed;
    log.files.info({ file: path }, "a changed file has been taken over");
  };
  const timer = setInterval(() => {
    if (isLooking) return;
    isLooking = true;
    look()
      .catch((error: unknown) => {
        // A file that is being replaced is not there for a moment.
        if (!isMissing(error))
          log.files.error({ err: error, file: path }, "a changed file is refused; what was there before stays");
      })
      .finally(() => (isLooking = false));
  }, lookEveryMs);
  timer.unref();
  return () => clearInterval(timer);
}

const isMissing = (error: unknown): boolean =>
  ((error instanceof FileError ? error.cause : error) as NodeJS.ErrnoException).code === "ENOENT";
