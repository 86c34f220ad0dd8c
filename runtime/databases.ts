import { resolve } from "node:path";
import { type Database, openDatabase } from "#db/client.ts";
import { type Domain, domains } from "#db/columns.ts";
import { hasInstallation } from "#db/embedded/installed.ts";
import { startEmbeddedPostgres } from "#db/embedded/start.ts";
import { databaseName, derivedPassword, derivedUrl, type Login, loginRole, logins } from "#db/logins.ts";
import { migrateDomain, pendingMigrations } from "#db/migrate.ts";
import { prepareDatabase } from "#db/prepare.ts";
import { ConfigurationError } from "#lib/process/configuration-error.ts";
import { log } from "#lib/observability/log.ts";
import { type DatabaseUrls, type Environment, urlVariable } from "./environment.ts";

/** The URLs of the five databases, and how to stop using them. */
export interface DatabaseServer {
  /** @param login the login of the connection; when left out, one that may read which migrations were applied */
  url(domain: Domain, login?: Login): string;
  embedded: boolean;
  stop(): Promise<void>;
}

/** Whether a program creates databases where there are none. Only a program that is run for that purpose does. */
export type WithoutInstallation = "make one" | "refuse";

/**
 * Returns the servers that `DATABASE_URL_*` name, or the embedded one of the data folder, which is started when it does not run.
 * @param print receives messages about unusual events
 * @throws Error NO_INSTALLATION where a command would create databases that the user does not expect
 */
export async function reachDatabases(
  environment: Environment,
  print: (line: string) => void,
  without: WithoutInstallation = "refuse",
): Promise<DatabaseServer> {
  const { databaseUrls, dataDir } = environment;
  if (databaseUrls) {
    const url = (domain: Domain, login?: Login) => urlFor(databaseUrls[domain], domain, login);
    return { url, embedded: false, stop: async () => undefined };
  }
  if (without === "refuse" && !hasInstallation(dataDir)) {
    const message = `There is no installation in ${resolve(dataDir)}. Give the data folder of the server with --data-dir or NOVACRON_DATA_DIR; \`novacron start\` makes a new installation.`;
    throw Object.assign(new Error(message), { code: "NO_INSTALLATION" });
  }
  const server = await startEmbeddedPostgres({ dataDir, databases: domains.map(databaseName), log: print });
  const administratorUrl = (domain: Domain) => server.url(databaseName(domain));
  try {
    await prepareAll(administratorUrl);
  } catch (error) {
    await server.stop();
    throw error;
  }
  return {
    url: (domain, login = "owner") => derivedUrl(administratorUrl(domain), domain, login),
    embedded: true,
    stop: () => server.stop(),
  };
}

/** Where a login has no URL of its own, the owner's URL serves for all: in development. */
function urlFor(urls: DatabaseUrls, domain: Domain, login?: Login): string {
  const url = urls[login ?? "owner"] ?? urls.owner ?? (login === undefined ? (urls.system ?? urls.service) : undefined);
  if (url === undefined) throw new ConfigurationError([`${urlVariable(domain, login ?? "owner")}: missing`]);
  return url;
}

/** Prepares the owner and the logins of each database of the embedded server. Data of versions in which a superuser owned everything changes owner. */
export const prepareAll = (administratorUrl: (domain: Domain) => string): Promise<unknown> =>
  Promise.all(
    domains.map((domain) => {
      const { password } = new URL(administratorUrl(domain));
      const passwords = Object.fromEntries(
        logins.map((login) => [login, derivedPassword(decodeURIComponent(password), loginRole(domain, login))]),
      ) as Record<Login, string>;
      return prepareDatabase({ domain, administratorUrl: administratorUrl(domain), passwords });
    }),
  );

/** Migrates every database to this program's schema, one after the other: roles belong to the server, which the databases may share. */
export async function migrateAll(
  server: DatabaseServer,
  print: (line: string) => void,
): Promise<Record<string, string[]>> {
  const applied: Record<string, string[]> = {};
  for (const domain of domains) {
    const tags = await migrateDomain(server.url(domain, "owner"), domain);
    applied[domain] = tags;
    for (const tag of tags) print(`migrated ${domain}: ${tag}`);
  }
  return applied;
}

/** @throws Error MIGRATIONS_PENDING when a database that this program may not change has another schema than the program */
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
      return [domain, await openDatabase({ domain, url: server.url(domain, as), as, maxConnections })] as const;
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

/** Logs at debug level: a user who runs a command does not need the messages of its server. */
export const quietly = (line: string): void => log.jobs.debug(line);

/** Opens the databases under their system roles for as long as a command uses them. The server may already be running or not. */
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

/** Returns the same databases, with this actor as the author of all writes. */
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

/** Returns whether each database can be reached, by its domain. */
export async function reachability(databases: Databases): Promise<Record<Domain, boolean>> {
  const answers = domains.map(async (domain) => [domain, await databases[domain].reachable()]);
  return Object.fromEntries(await Promise.all(answers)) as Record<Domain, boolean>;
}
