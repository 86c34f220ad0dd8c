import { unwatchFile, watchFile } from "node:fs";
import { readFile } from "node:fs/promises";
import { log } from "#lib/log.ts";

/** Looking works on every file system, and when a file is replaced by another; notices of the system do not. */
const lookEveryMs = 500;

/**
 * Gives the text of a file to `apply` whenever it changes, one text at a time. What `apply` rejects is logged, and what was applied before stays.
 * @param text what the file held when it was read first
 * @returns what ends it
 */
export function onChange(path: string, text: string, apply: (text: string) => void | Promise<void>): () => void {
  let applied = text;
  let changing = Promise.resolve();
  const change = async () => {
    try {
      const changed = await readFile(path, "utf8");
      if (changed === applied) return;
      await apply(changed);
      applied = changed;
      log.gateway.info({ file: path }, "a changed file has been taken over");
    } catch (error) {
      log.gateway.error({ err: error, file: path }, "a changed file is refused; what was there before stays");
    }
  };
  const listener = () => {
    changing = changing.then(change);
  };
  watchFile(path, { interval: lookEveryMs, persistent: false }, listener);
  return () => unwatchFile(path, listener);
}
