import { readFileSync, unwatchFile, watchFile } from "node:fs";
import { readFile } from "node:fs/promises";
import { log } from "#lib/log.ts";

/** Looking works on every file system, and when a file is replaced by another; notices of the system do not. */
const lookEveryMs = 500;

/**
 * Gives the text of a file to `apply`, now and after each change, one text at a time. What `apply` rejects is logged, and what was applied before stays; the first
 * text must be good.
 * @returns what ends it
 */
export async function watchedFile(path: string, apply: (text: string) => void | Promise<void>): Promise<() => void> {
  let applied = readFileSync(path, "utf8");
  await apply(applied);
  let changing = Promise.resolve();
  const change = async () => {
    try {
      const text = await readFile(path, "utf8");
      if (text === applied) return;
      await apply(text);
      applied = text;
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
