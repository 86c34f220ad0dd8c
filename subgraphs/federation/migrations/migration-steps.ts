import type { Database, Scope } from "#db/client.ts";
import {
  type ActiveVmMigration,
  activeVmMigrations,
  advanceVmMigration,
  beginVmMigrations,
  type NewVmMigration,
} from "#db/federation/vm-migration-writes.ts";
import { readIn } from "#db/read-in.ts";

/** Returns the tenant's migrations that have not ended, oldest first. */
export const activeMigrations = (database: Database, scope: Scope): Promise<ActiveVmMigration[]> =>
  readIn(database, scope, activeVmMigrations);

/** Begins a live migration, in its first phase. */
export const beginMigration = async (
  database: Database,
  scope: Scope,
  migration: NewVmMigration,
  now: Date,
): Promise<void> => {
  await database.write(scope, (tx) => beginVmMigrations(tx, [migration], now));
};

/**
 * Ends the current step of a migration and begins the next one. After the last step the migration is completed.
 * @returns false when it has no current step
 */
export const advanceMigration = (database: Database, scope: Scope, id: string): Promise<boolean> =>
  database.write(scope, (tx) => advanceVmMigration(tx, id));
