import { resolve } from "node:path";
import { type Database, openDatabase } from "#db/client.ts";
import { type Domain, domains } from "#db/columns.ts";
import { hasInstallation } from "#db/embedded/installed.ts";
import { startEmbeddedPostgres } from "#db/embedded/start.ts";
import { migrateDomain, pendingMigrations } from "#db/migrate.ts";
import { log } from "#lib/log.ts";
import type { Environment } from "./environment.ts";

export const databaseName = (domain: Domain): string => `novacron_${domain}`;

/** Where the five databases are, and how to let go of them. */
export interface DatabaseServer {
  url(domain: Domain): string;
  embedded: boolean;
  stop(): Promise<void>;
}

/** Whether a program makes databases where there are none: only one that people run for that does. */
export type WithoutInstallation = "make one" | "refuse";

/**
 * The servers that `DATABASE_URL_*` name, or the embedded one of the data folder, started when it does not run.
 * @param say receives what is out of the ordinary
 * @throws Error NO_INSTALLATION where a command would make databases that nobody looks for
 */
export async function reachDatabases(
  environment: Environment,
  say: (line: string) => void,
  without: WithoutInstallation = "refuse",
): Promise<DatabaseServer> {
  const { databaseUrls, dataDir } = environment;
  if (databaseUrls) return { url: (domain) => databaseUrls[domain], embedded: false, stop: async () => undefined };
  if (without === "refuse" && !hasInstallation(dataDir)) {
    const message = `There is no installation in ${resolve(dataDir)}. Give the data folder of the server with --data-dir or NOVACRON_DATA_DIR; \`novacron start\` makes a new installation.`;
    throw Object.assign(new Error(message), { code: "NO_INSTALLATION" });
  }
  const server = await startEmbeddedPostgres({ dataDir, databases: domains.map(databaseName), log: say });
  return {
    url: (domain) => server.url(databaseName(domain)),
    embedded: true,
    stop: () => server.stop(),
  };
}

/** Brings every database to this program's schema. One after the other: roles belong to the server, which may be one. */
export async function migrateAll(
  server: DatabaseServer,
  say: (line: string) => void,
): Promise<Record<string, string[]>> {
  const applied: Record<string, string[]> = {};
  for (const domain of domains) {
    const tags = await migrateDomain(server.url(domain), domain);
    applied[domain] = tags;
    for (const tag of tags) say(`migrated ${domain}: ${tag}`);
  }
  return applied;
}

/** @throws Error MIGRATIONS_PENDING: a database that is not ours to change has another schema than this program */
export async function requireMigrated(server: DatabaseServer): Promise<void> {
  const pending: string[] = [];
  for (const domain of domains) {
    for (const tag of await pendingMigrations(server.url(domain), domain)) pending.push(`${domain}: ${tag}`);
  }
  if (pending.length > 0) {
    throw Object.assign(
      new Error(`Migrations are pending; run \`novacron migrate\` or start with --migrate:\n  ${pending.join("\n  ")}`),
      { code: "MIGRATIONS_PENDING" },
    );
  }
}

export type Databases = Record<Domain, Database>;

/** Opens the five databases under their service or system roles. */
export async function openDatabases(server: DatabaseServer, as: "service" | "system" = "service"): Promise<Databases> {
  // Jobs need few connections: they wait for events most of the time.
  const maxConnections = as === "system" ? 2 : 8;
  const opened = await Promise.allSettled(
    domains.map(async (domain) => {
      return [domain, await openDatabase({ domain, url: server.url(domain), as, maxConnections })] as const;
    }),
  );
  const failed = opened.find((result) => result.status === "rejected");
  if (failed) {
    await Promise.all(opened.flatMap((result) => (result.status === "fulfilled" ? [result.value[1].close()] : [])));
    throw failed.reason;
  }
  return Object.fromEntries(
    opened.flatMap((result) => (result.status === "fulfilled" ? [result.value] : [])),
  ) as Databases;
}

/** What the server of a command does is out of the ordinary for nobody who runs the command. */
export const quietly = (line: string): void => log.jobs.debug(line);

/** Opens the databases under their system roles, beside a server that may be running or not, for as long as a command uses them. */
export async function withSystems<T>(
  environment: Environment,
  use: (systems: Databases, server: DatabaseServer) => Promise<T>,
): Promise<T> {
  const server = await reachDatabases(environment, quietly);
  try {
    await requireMigrated(server);
    const systems = await openDatabases(server, "system");
    try {
      return await use(systems, server);
    } finally {
      await closeDatabases(systems);
    }
  } finally {
    await server.stop();
  }
}

/** The same databases, with what is written told as this one's doing. */
export function actingAs<Dbs extends Readonly<Partial<Record<string, Database>>>>(databases: Dbs, actor: string): Dbs {
  const acting = Object.entries(databases).map(([name, database]) => [
    name,
    database && {
      ...database,
      write: ((scope, use) => database.write({ ...scope, actor }, use)) satisfies Database["write"],
    },
  ]);
  return Object.fromEntries(acting) as Dbs;
}

export const closeDatabases = async (databases: Databases): Promise<void> => {
  await Promise.all(Object.values(databases).map((database) => database.close()));
};

/** Whether each database can be reached, by its domain. */
export async function reachability(databases: Databases): Promise<Record<Domain, boolean>> {
  const answers = domains.map(async (domain) => [domain, await databases[domain].reachable()]);
  return Object.fromEntries(await Promise.all(answers)) as Record<Domain, boolean>;
}
