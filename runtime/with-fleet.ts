import { type Database, openDatabase } from "#db/client.ts";
import type { FleetDatabases } from "#import/fleet.ts";
import {
  actingAs,
  closeDatabases,
  migrateAll,
  openDatabases,
  quietly,
  reachDatabases,
  requireMigrated,
} from "./databases.ts";
import type { Environment } from "./environment.ts";

export interface OpenFleet {
  databases: FleetDatabases;
  /** The auth database under its system role. */
  system: Database;
}

/**
 * Opens the databases for as long as an import uses them. The server may already be running or not. Databases of the embedded server are migrated.
 * @param actor the actor of all writes, such as `command:import`
 * @param print receives a line for each migration
 */
export async function withFleet<T>(
  environment: Environment,
  actor: string,
  print: (line: string) => void,
  use: (fleet: OpenFleet) => Promise<T>,
): Promise<T> {
  const ends: (() => Promise<void>)[] = [];
  const server = await reachDatabases(environment, quietly);
  ends.push(server.stop);
  try {
    if (server.embedded) await migrateAll(server, print);
    else await requireMigrated(server);
    const databases = await openDatabases(server);
    ends.push(() => closeDatabases(databases));
    const openSystem = async (domain: "auth" | "monitoring", maxConnections: number) => {
      const system = await openDatabase({ domain, url: server.url(domain, "system"), as: "system", maxConnections });
      ends.push(() => system.close());
      return system;
    };
    const monitoringJobs = await openSystem("monitoring", 2);
    const system = await openSystem("auth", 1);
    return await use({ databases: actingAs({ ...databases, monitoringJobs }, actor), system });
  } finally {
    for (const end of ends.toReversed()) await end();
  }
}
