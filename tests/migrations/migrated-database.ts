import type { Domain } from "#db/columns.ts";
import { migrateDomain } from "#db/migrate.ts";
import { type ScratchDatabase, scratchDatabase } from "./scratch-database.ts";

/** Creates a database with all migrations of one domain. */
export const migratedDatabase = async (domain: Domain): Promise<ScratchDatabase> => {
  const database = await scratchDatabase();
  await migrateDomain(database.url, domain);
  return database;
};
