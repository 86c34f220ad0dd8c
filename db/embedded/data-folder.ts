import { createHash } from "node:crypto";
import { accessSync, chmodSync, constants, existsSync, realpathSync } from "node:fs";
import { tmpdir } from "node:os";
import { isAbsolute, join, relative, resolve } from "node:path";
import { makeFolder } from "#lib/make-folder.ts";
import { canEnter } from "./command.ts";
import { EmbeddedPostgresError } from "./errors.ts";
import { requireOwnFolder } from "./own-folder.ts";
import { chooseServerUser, type ServerUser } from "./server-user.ts";

export interface DataFolder {
  /** PGDATA, whether it exists yet or not. */
  pgdata: string;
  user: ServerUser;
}

/** Makes the data folder and returns its real path. Throws DATA_DIR_UNUSABLE when that is impossible. */
export function makeDataDir(dataDir: string): string {
  try {
    // Root's PostgreSQL runs as another user, who must get through whatever the umask says.
    if (makeFolder(resolve(dataDir)) && process.getuid?.() === 0) chmodSync(dataDir, 0o755);
    accessSync(dataDir, constants.R_OK | constants.W_OK | constants.X_OK);
    return realpathSync(dataDir);
  } catch (error) {
    throw new EmbeddedPostgresError(
      "DATA_DIR_UNUSABLE",
      `The data folder ${resolve(dataDir)} cannot be made or written to (${systemMessage(error)}). Choose another one with ` +
        "--data-dir or NOVACRON_DATA_DIR.",
      { cause: error },
    );
  }
}

/** `EACCES: permission denied, mkdir '/x'` */
const systemMessage = (error: unknown): string => (error instanceof Error ? error.message : String(error));

/** How PGDATA is written down: relative when it is inside the data folder. */
export const recordedPath = (dataDir: string, pgdata: string): string => {
  const inside = relative(dataDir, pgdata);
  return inside.startsWith("..") || isAbsolute(inside) ? pgdata : inside;
};

/**
 * Where the server's data are, or will be: where an earlier start put them, else in the data folder, else (when the
 * user that PostgreSQL must run as cannot get there) in the first folder of `elsewhere` that he can reach.
 */
export async function chooseDataFolder(
  dataDir: string,
  recorded: string | undefined,
  log: (line: string) => void,
  elsewhere: readonly string[] = ["/var/lib/novacron", join(tmpdir(), "novacron-data")],
): Promise<DataFolder> {
  const pgdata = resolve(dataDir, recorded ?? "postgres");
  if (existsSync(join(pgdata, "PG_VERSION"))) return existingFolder(pgdata);
  if (recorded !== undefined) log(`There are no data in ${pgdata}: starting with empty databases`);

  const inside = join(dataDir, "postgres");
  const user = chooseServerUser(undefined);
  if (await canEnter(user, dataDir)) return { pgdata: inside, user };
  const key = createHash("sha256").update(dataDir).digest("hex").slice(0, 16);
  for (const folder of elsewhere) {
    const base = join(folder, key);
    try {
      requireOwnFolder(folder);
      requireOwnFolder(base);
    } catch {
      continue;
    }
    if (!(await canEnter(user, base))) continue;
    const outside = join(realpathSync(base), "postgres");
    log(`PostgreSQL runs as ${user.name}, who cannot reach ${dataDir}: its data are in ${outside}`);
    return existsSync(join(outside, "PG_VERSION")) ? existingFolder(outside) : { pgdata: outside, user };
  }
  throw unreachable(user, dataDir);
}

async function existingFolder(pgdata: string): Promise<DataFolder> {
  const user = chooseServerUser(pgdata);
  if (!(await canEnter(user, pgdata))) throw unreachable(user, pgdata);
  return { pgdata, user };
}

const unreachable = (user: ServerUser, folder: string) =>
  new EmbeddedPostgresError(
    "DATA_DIR_UNUSABLE",
    `PostgreSQL runs as ${user.name}, who cannot enter ${folder}. Let that user through (chmod o+x on the folders ` +
      "above it), run as the user that the data belong to, or choose another data folder with --data-dir or NOVACRON_DATA_DIR.",
  );
