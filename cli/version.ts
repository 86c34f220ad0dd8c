import { asset } from "#lib/assets.ts";
import { readJsonFile } from "#lib/files/text-file.ts";

/** Returns this program's version, as in package.json. */
export const version = (): string =>
  readJsonFile(asset("package.json"), "a version", (value) => (value as { version: string }).version);
