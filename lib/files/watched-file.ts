import { stat } from "node:fs/promises";
import { log } from "../observability/log.ts";
import { FileError, loadTextFile } from "./text-file.ts";

/** Polling works on every file system, and when a file is replaced by another; the system's notifications do not. */
const lookEveryMs = 500;

/**
 * Calls `apply` with the text of a file whenever it changes, one text at a time. When `apply` rejects, the error is logged and the previous text stays in
 * effect.
 * @param text the content of the file when it was first read
 * @returns a function that stops it
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
    log.files.info({ file: path }, "a changed file was loaded");
  };
  const timer = setInterval(() => {
    if (isLooking) return;
    isLooking = true;
    look()
      .catch((error: unknown) => {
        // A file that is being replaced is missing for a moment.
        if (!isMissing(error))
          log.files.error({ err: error, file: path }, "a changed file is refused; its previous content stays in use");
      })
      .finally(() => (isLooking = false));
  }, lookEveryMs);
  timer.unref();
  return () => clearInterval(timer);
}

const isMissing = (error: unknown): boolean =>
  ((error instanceof FileError ? error.cause : error) as NodeJS.ErrnoException).code === "ENOENT";
