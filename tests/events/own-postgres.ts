import { once } from "node:events";
import { createConnection } from "node:net";
import { rmSync } from "node:fs";
import { vi } from "vitest";
import { type Domain, domains } from "#db/columns.ts";
import { findPostmaster } from "#db/embedded/postmaster.ts";
import { type EmbeddedPostgres, startEmbeddedPostgres } from "#db/embedded/start.ts";
import { databaseName } from "#db/logins.ts";
import { migrateDomain } from "#db/migrate.ts";
import { temporaryDataDir } from "#tests/harness/data-dir.ts";

export interface OwnPostgres {
  url(domain: Domain): string;
  /** Ends the server at once, as a crash does: nothing is written to disk that was not already. */
  crash(): Promise<void>;
  restart(): Promise<void>;
  stop(): Promise<void>;
}

/** Starts a separate server with the five databases, which the test may break. */
export async function ownPostgres(settings: Readonly<Record<string, string>>): Promise<OwnPostgres> {
  const dataDir = temporaryDataDir("novacron-own-postgres-");
  const started: EmbeddedPostgres[] = [];
  const start = async () => {
    const server = await startEmbeddedPostgres({ dataDir, databases: domains.map(databaseName), settings });
    started.push(server);
    return server;
  };
  const server = await start();
  const url = (domain: Domain) => server.url(databaseName(domain));
  for (const domain of domains) await migrateDomain(url(domain), domain);
  return {
    url,
    crash: async () => {
      const postmaster = findPostmaster(server.dataDir);
      if (!postmaster) throw new Error("The server does not run.");
      process.kill(postmaster.pid, "SIGQUIT");
      await vi.waitFor(() => refused(server.port), { timeout: 20_000, interval: 20 });
      await vi.waitFor(() => {
        if (findPostmaster(server.dataDir)) throw new Error("The server still runs.");
      }, 20_000);
    },
    restart: async () => {
      await start();
    },
    stop: async () => {
      for (const each of started) await each.stop();
      rmSync(dataDir, { recursive: true, force: true });
    },
  };
}

async function refused(port: number): Promise<void> {
  const socket = createConnection(port, "127.0.0.1");
  const accepted = await once(socket, "connect").then(
    () => true,
    () => false,
  );
  socket.destroy();
  if (accepted) throw new Error("The server still accepts connections.");
}
