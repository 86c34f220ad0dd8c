import { createHash, randomBytes } from "node:crypto";
import {
  accessSync,
  chmodSync,
  constants,
  existsSync,
  lstatSync,
  readdirSync,
  realpathSync,
  rmdirSync,
  rmSync,
  symlinkSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { isAbsolute, join, relative, resolve } from "node:path";
import { makeFolder } from "#lib/files/make-folder.ts";
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
    // Root's PostgreSQL runs as another user, who must be able to enter the folder whatever the umask is.
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

/** For example `EACCES: permission denied, mkdir '/x'`. */
const systemMessage = (error: unknown): string => (error instanceof Error ? error.message : String(error));

/** Returns how PGDATA is recorded: as a relative path when it is inside the data folder. */
export const recordedPath = (dataDir: string, pgdata: string): string => {
  const inside = relative(dataDir, pgdata);
  return inside.startsWith("..") || isAbsolute(inside) ? pgdata : inside;
};

/**
 * Returns where the server's data is, or will be. That is where an earlier start put it; otherwise the data folder; otherwise the first folder of `elsewhere`
 * that the user of PostgreSQL can reach, when that user cannot reach the data folder. Only its link `postgres` and its record tie data elsewhere to this data
 * folder. A data folder that was removed and made again begins with new data.
 */
export async function chooseDataFolder(
  dataDir: string,
  recorded: string | undefined,
  log: (line: string) => void,
  elsewhere: readonly string[] = ["/var/lib/novacron", join(tmpdir(), "novacron-data")],
): Promise<DataFolder> {
  const inside = join(dataDir, "postgres");
  for (const pgdata of [resolve(dataDir, recorded ?? "postgres"), inside])
    if (existsSync(join(pgdata, "PG_VERSION"))) return existingFolder(dataDir, realpathSync(pgdata));
  if (recorded !== undefined) log(`There are no data in ${resolve(dataDir, recorded)}: starting with empty databases`);

  const user = chooseServerUser(undefined);
  if (await canEnter(user, dataDir)) return { pgdata: inside, user };
  const key = createHash("sha256").update(dataDir).digest("hex").slice(0, 16);
  for (const folder of elsewhere) {
    const base = join(folder, `${key}-${randomBytes(4).toString("hex")}`);
    const left = leftBehind(folder, key);
    try {
      requireOwnFolder(folder);
      requireOwnFolder(base);
    } catch {
      continue;
    }
    if (!(await canEnter(user, base))) {
      rmdirSync(base);
      continue;
    }
    const outside = join(realpathSync(base), "postgres");
    log(`PostgreSQL runs as ${user.name}, who cannot reach ${dataDir}: its data are in ${outside}`);
    for (const path of left)
      log(
        `Databases of an earlier installation in ${dataDir} are still in ${path}. Where it was removed for good, and not moved, remove them too: rm -r ${path}`,
      );
    linkFrom(inside, outside);
    return { pgdata: outside, user };
  }
  throw unreachable(user, dataDir);
}

/** Returns the folders that hold data of installations in the same place, whose data folders were removed or moved. */
function leftBehind(folder: string, key: string): string[] {
  if (!existsSync(folder)) return [];
  const names = readdirSync(folder).filter((name) => name === key || name.startsWith(`${key}-`));
  return names.map((name) => join(folder, name)).filter((path) => existsSync(join(path, "postgres", "PG_VERSION")));
}

async function existingFolder(dataDir: string, pgdata: string): Promise<DataFolder> {
  const user = chooseServerUser(pgdata);
  if (!(await canEnter(user, pgdata))) throw unreachable(user, pgdata);
  // An earlier version only recorded where the data is and made no link.
  if (recordedPath(dataDir, pgdata) === pgdata) linkFrom(join(dataDir, "postgres"), pgdata);
  return { pgdata, user };
}

/** Makes a link. A link to an existing path stays, and so does a file that is not a link. */
function linkFrom(link: string, target: string): void {
  if (lstatSync(link, { throwIfNoEntry: false })?.isSymbolicLink() && !existsSync(link)) rmSync(link);
  if (!lstatSync(link, { throwIfNoEntry: false })) symlinkSync(target, link);
}

const unreachable = (user: ServerUser, folder: string) =>
  new EmbeddedPostgresError(
    "DATA_DIR_UNUSABLE",
    `PostgreSQL runs as ${user.name}, who cannot enter ${folder}. Let that user through (chmod o+x on the folders ` +
      "above it), run as the user that the data belong to, or choose another data folder with --data-dir or NOVACRON_DATA_DIR.",
  );
