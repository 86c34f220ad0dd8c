import { existsSync, readFileSync, symlinkSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { errorCode } from "./errors.ts";

interface Link {
  /** Both paths begin with `native/`; a link and its source are in the same folder. */
  source: string;
  target: string;
}

/**
 * Makes the links between shared libraries that an npm package cannot hold. The package's install script would make them, but npm may not have run it. Returns
 * false when a link is missing and cannot be made here.
 */
export function makeLibraryLinks(native: string): boolean {
  const links = JSON.parse(readFileSync(join(native, "pg-symlinks.json"), "utf8")) as Link[];
  return links.map(({ source, target }) => makeLink(basename(source), join(dirname(native), target))).every(Boolean);
}

function makeLink(source: string, path: string): boolean {
  if (existsSync(path)) return true;
  try {
    symlinkSync(source, path);
  } catch (error) {
    // Another process that starts at the same moment makes the same links.
    return errorCode(error) === "EEXIST";
  }
  return true;
}
