import type { Database, Scope } from "#db/client.ts";
import { addMigrations, addMigrationSteps } from "#db/federation/record-writes.ts";
import type { migrationSteps } from "#db/federation/schema/migration-steps.ts";
import { migrationPhases, type migrations } from "#db/federation/schema/migrations.ts";
import type { RecordedRow } from "#db/record-rows.ts";

export { migrationPhases };

export interface MigrationHistory {
  migrations: readonly RecordedRow<typeof migrations>[];
  steps: readonly RecordedRow<typeof migrationSteps>[];
}

/** Records migrations and their steps. What is recorded already stays as it is. @returns how many rows were added */
export const recordMigrations = (database: Database, scope: Scope, history: MigrationHistory): Promise<number> =>
  database.write(
    scope,
    async (tx) => (await addMigrations(tx, history.migrations)) + (await addMigrationSteps(tx, history.steps)),
  );
