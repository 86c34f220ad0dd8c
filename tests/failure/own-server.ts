import { type Domain, domains } from "#db/columns.ts";
import type { EmbeddedPostgres } from "#db/embedded/start.ts";
import { migrateDomain } from "#db/migrate.ts";
import { findPostmaster } from "#db/embedded/postmaster.ts";
import { identify, isAlive } from "#lib/process/process-identity.ts";
import { EmbeddedFixture, postmasterPid } from "#tests/embedded/embedded-fixture.ts";
import { cloneDatabases, type TestDatabases } from "#tests/harness/server.ts";

export interface OwnServer {
  /** URLs of all five domains: this server's own databases, and clones on the tests' server for the others. */
  urls: TestDatabases;
  /** Stops the server as `pg_ctl stop -m immediate` does: without a checkpoint, breaking off its sessions. Resolves when it has ended. */
  stopImmediately(): Promise<void>;
  /** Returns whether its main process exists. */
  isRunning(): boolean;
  /** Starts it on the same data and port; resolves when it accepts connections. */
  startAgain(): Promise<void>;
  url(database: string): string;
  clean(): Promise<void>;
}

const nameOf = (domain: Domain) => `novacron_${domain}`;

/** Starts a server that a test may break, with the databases of these domains. */
export async function ownServer(
  own: readonly Domain[],
  { folder, ...settings }: Record<string, string> & { folder?: string } = {},
): Promise<OwnServer> {
  const fixture = new EmbeddedFixture();
  const dataDir = folder ?? fixture.folder();
  const others = await cloneDatabases(domains.filter((domain) => !own.includes(domain)));
  // Acknowledged writes must survive a crash.
  const durable = { fsync: "off", synchronous_commit: "on", full_page_writes: "on", ...settings };
  const start = () => fixture.start(dataDir, { databases: own.map(nameOf), settings: durable });
  let server: EmbeddedPostgres = await start();
  for (const domain of own) await migrateDomain(server.url(nameOf(domain)), domain);
  return {
    urls: {
      url: (domain) => (own.includes(domain) ? server.url(nameOf(domain)) : others.url(domain)),
      drop: () => others.drop(),
    },
    stopImmediately: async () => {
      const postmaster = identify(postmasterPid(server.dataDir));
      if (!postmaster) throw new Error("The server does not run.");
      process.kill(postmaster.pid, "SIGQUIT");
      await waitUntil(() => !isAlive(postmaster));
    },
    isRunning: () => findPostmaster(server.dataDir) !== undefined,
    startAgain: async () => {
      server = await start();
    },
    url: (database) => server.url(database),
    clean: () => fixture.clean(),
  };
}

async function waitUntil(condition: () => boolean): Promise<void> {
  const until = performance.now() + 20_000;
  while (!condition()) {
    if (performance.now() > until) throw new Error("The condition did not become true within 20 seconds.");
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}
