import type { VmMigrationStepRow } from "#db/federation/schema/vm-migration-steps.ts";
import type { MigrationPhase, VmMigrationRow } from "#db/federation/schema/vm-migrations.ts";
import type { EventOf } from "#events/event.ts";

/** The events of a migration and of its steps. */
export type MigrationEvent = EventOf<
  "migration.created" | "migration.updated" | "migration_step.created" | "migration_step.updated"
>;

export type StepProgressRow = Pick<VmMigrationStepRow, "stepNumber" | "stepName" | "status">;

/** The values of a migration, or of one of its steps, right after a change. */
export interface MigrationProgressRow {
  migrationId: string;
  status: VmMigrationRow["status"] | null;
  progressPercentage: number | null;
  phase: MigrationPhase | null;
  version: number | null;
  step: StepProgressRow | null;
  changedAt: Date;
}

const ofStep = { status: null, progressPercentage: null, phase: null, version: null };

/** Returns the change that an event describes. */
export function progressOf(event: MigrationEvent): MigrationProgressRow {
  const changedAt = new Date(event.occurredAt);
  if (event.type === "migration_step.created" || event.type === "migration_step.updated") {
    const { migrationId, stepNumber, stepName, status } = event.payload;
    return { ...ofStep, migrationId, changedAt, step: { stepNumber, stepName, status } as StepProgressRow };
  }
  const { status, progressPercentage, currentPhase } = event.payload;
  return {
    migrationId: event.entityKey,
    status: status as VmMigrationRow["status"],
    progressPercentage,
    phase: currentPhase as MigrationPhase | null,
    version: event.entityVersion,
    step: null,
    changedAt,
  };
}
