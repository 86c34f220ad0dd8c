import { resolve } from "node:path";
import { adopt } from "./adopt.ts";
import { connectionUrl, readRecord, writeRecord } from "./connection-record.ts";
import { chooseDataFolder, makeDataDir } from "./data-folder.ts";
import { createMissingDatabases } from "./databases.ts";
import { EmbeddedPostgresError } from "./errors.ts";
import { findPostmaster, stopPostmaster } from "./postmaster.ts";
import { serverSettings } from "./settings.ts";
import { withStartLock } from "./start-lock.ts";
import { startOnFolder } from "./start-on-folder.ts";
import { beginUse, endUse, othersUsing, stopAtExit } from "./server-uses.ts";

export { EmbeddedPostgresError } from "./errors.ts";

export interface EmbeddedPostgres {
  /** Returns the connection URL of the owner (a superuser) for a database of this server. */
  url(database: string): string;
  port: number;
  /** The real path of PGDATA. */
  dataDir: string;
  /** Whether the server was already running on this data folder. */
  adopted: boolean;
  /** Stops the server, also an adopted one, unless another living process started or adopted it too. */
  stop(): Promise<void>;
}

export interface EmbeddedOptions {
  /** For example ".novacron"; the server's data goes to `<dataDir>/postgres` if the server's user can reach it. */
  dataDir: string;
  /** By default, the port of an earlier start, otherwise a free one. */
  port?: number;
  /** Created when missing. */
  databases: readonly string[];
  /** PostgreSQL settings that override the defaults. */
  settings?: Readonly<Record<string, string>>;
  /** Receives whole lines, in plain language, about unusual events. */
  log?: (line: string) => void;
  /** The folders for data that the server's user could not reach in `dataDir`, best first. */
  elsewhere?: readonly string[];
}

/**
 * Returns a running PostgreSQL on this data folder: started, or adopted when one still runs. When two processes call this at once, the second waits and adopts.
 * Throws EmbeddedPostgresError.
 */
export async function startEmbeddedPostgres(options: EmbeddedOptions): Promise<EmbeddedPostgres> {
  const dataDir = makeDataDir(options.dataDir);
  try {
    return await withStartLock(dataDir, () => startLocked(dataDir, options));
  } catch (error) {
    if (error instanceof EmbeddedPostgresError) throw error;
    const message = `The embedded PostgreSQL in ${dataDir} did not start: ${String(error)}`;
    throw new EmbeddedPostgresError("START_FAILED", message, { cause: error });
  }
}

/** Returns how to reach the server of a data folder, for commands that run next to it; undefined when none was ever started there. */
export async function readEmbeddedConnection(
  dataDir: string,
): Promise<{ url(database: string): string; running: boolean } | undefined> {
  const record = readRecord(dataDir);
  if (record === undefined) return undefined;
  const running = findPostmaster(resolve(dataDir, record.pgdata))?.status === "ready";
  return { url: (database) => connectionUrl(record, database), running };
}

async function startLocked(dataDir: string, options: EmbeddedOptions): Promise<EmbeddedPostgres> {
  const log = options.log ?? (() => {});
  const earlier = readRecord(dataDir);
  const folder = await chooseDataFolder(dataDir, earlier?.pgdata, log, options.elsewhere);
  const { pgdata } = folder;
  const settings = serverSettings(options.settings);
  const found = await adopt({ pgdata, record: earlier, settings, port: options.port, log });
  const use = beginUse();
  const forgetExit = stopAtExit(dataDir, pgdata, use);
  try {
    const record =
      found !== undefined && earlier !== undefined
        ? { ...earlier, port: found.port }
        : await startOnFolder({
            dataDir,
            folder,
            record: earlier,
            settings,
            port: options.port,
            log,
          });
    const created = await createMissingDatabases(record, options.databases);
    if (created.length > 0) log(`Created the databases ${created.join(", ")}`);
    writeRecord(dataDir, { ...record, uses: [...othersUsing(earlier), use] });
    const server = findPostmaster(pgdata);
    if (server === undefined) throw new Error("it ended right after its start");
    return {
      url: (database) => connectionUrl(record, database),
      port: record.port,
      dataDir: pgdata,
      adopted: found !== undefined,
      stop: () => endUse(server, dataDir, pgdata, use, log).finally(forgetExit),
    };
  } catch (error) {
    forgetExit();
    const server = found === undefined ? findPostmaster(pgdata) : undefined;
    if (server !== undefined) await stopPostmaster(server);
    throw error;
  }
}
