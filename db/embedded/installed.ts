import { existsSync } from "node:fs";
import { join } from "node:path";

/** Returns whether a server was ever started on this data folder. */
export const hasInstallation = (dataDir: string): boolean =>
  ["postgres.json", "postgres/PG_VERSION"].some((name) => existsSync(join(dataDir, name)));
