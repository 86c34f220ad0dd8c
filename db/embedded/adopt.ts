import type { ConnectionRecord } from "./connection-record.ts";
import { canLogIn } from "./databases.ts";
import { EmbeddedPostgresError } from "./errors.ts";
import { findPostmaster, type Postmaster, stopPostmaster, waitUntilReady } from "./postmaster.ts";
import { sameSettings } from "./settings.ts";
import { othersUsing } from "./server-uses.ts";

export interface AdoptionRequest {
  pgdata: string;
  record: ConnectionRecord | undefined;
  settings: Record<string, string>;
  /** The requested port, if any. */
  port: number | undefined;
  log: (line: string) => void;
}

/**
 * Returns the server that already runs on this data folder, if it can be used as it is. A server that no living process uses is stopped when its settings or
 * port are not the requested ones, or when it does not accept our password. A server in use is used as it is.
 * @throws START_FAILED when a server in use cannot be used as it is
 */
export async function adopt({ pgdata, record, settings, port, log }: AdoptionRequest): Promise<Postmaster | undefined> {
  const found = findPostmaster(pgdata);
  if (found === undefined) return undefined;
  const users = othersUsing(record);
  const ready = found.status !== "stopping" && (await waitUntilReady(found, pgdata));
  const usable = ready && record !== undefined && (await canLogIn({ port: found.port, password: record.password }));
  const fits = record !== undefined && sameSettings(record.settings, settings) && (port ?? found.port) === found.port;

  if (usable && fits) {
    // A server in use is not worth a log line: a command often runs next to a server.
    if (users.length === 0)
      log(`Took over the PostgreSQL that still runs on port ${found.port} (process ${found.pid})`);
    return found;
  }
  const usedBy = users.map(({ pid }) => pid).join(", ");
  if (usable && users.length > 0) {
    log(`Using the PostgreSQL of process ${usedBy} on port ${found.port}, with that one's port and settings`);
    return found;
  }
  if (ready && users.length > 0) {
    throw new EmbeddedPostgresError(
      "START_FAILED",
      `Process ${usedBy} uses a PostgreSQL on ${pgdata} that does not take the password in postgres.json. Stop it first.`,
    );
  }
  log(`Stopping the PostgreSQL that an earlier run left on port ${found.port} (process ${found.pid})`);
  await stopPostmaster(found);
  return undefined;
}
