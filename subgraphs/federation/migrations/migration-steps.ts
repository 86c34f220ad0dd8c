import type { Database, Scope } from "#db/client.ts";
import {
  activeMigrations as active,
  type ActiveMigration,
  advanceMigration as advance,
  beginMigrations,
  type NewMigration,
} from "#db/federation/migration-writes.ts";
import { readIn } from "#db/read-in.ts";

export type { ActiveMigration, NewMigration };

/** Returns the tenant's migrations that have not ended, oldest first. */
export const activeMigrations = (database: Database, scope: Scope): Promise<ActiveMigration[]> =>
  readIn(database, scope, active);

/** Begins a live migration, in its first phase. */
export const beginMigration = async (
  database: Database,
  scope: Scope,
  migration: NewMigration,
  now: Date,
): Promise<void> => {
  await database.write(scope, (tx) => beginMigrations(tx, [migration], now));
};

/**
 * Ends the current step of a migration and begins the next one. After the last step the migration is completed.
 * @returns false when it has no current step
 */
export const advanceMigration = (database: Database, scope: Scope, id: string): Promise<boolean> =>
  database.write(scope, (tx) => advance(tx, id));
