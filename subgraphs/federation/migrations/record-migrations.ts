import type { Database, Scope } from "#db/client.ts";
import { addVmMigrations, addVmMigrationSteps } from "#db/federation/record-writes.ts";
import type { vmMigrationSteps } from "#db/federation/schema/vm-migration-steps.ts";
import { migrationPhases, type vmMigrations } from "#db/federation/schema/vm-migrations.ts";
import type { RecordedRow } from "#db/record-rows.ts";

export { migrationPhases };

export interface MigrationHistory {
  migrations: readonly RecordedRow<typeof vmMigrations>[];
  steps: readonly RecordedRow<typeof vmMigrationSteps>[];
}

/** Records migrations and their steps. What is recorded already stays as it is. @returns how many rows were added */
export const recordMigrations = (database: Database, scope: Scope, history: MigrationHistory): Promise<number> =>
  database.write(
    scope,
    async (tx) => (await addVmMigrations(tx, history.migrations)) + (await addVmMigrationSteps(tx, history.steps)),
  );
