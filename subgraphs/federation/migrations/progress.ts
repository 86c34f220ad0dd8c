import type { VmMigrationStepRow } from "#db/federation/schema/vm-migration-steps.ts";
import type { MigrationPhase, VmMigrationRow } from "#db/federation/schema/vm-migrations.ts";
import type { PayloadOf } from "#events/catalogue.ts";
import type { federationEvents } from "#events/federation.ts";

type MigrationPayload = PayloadOf<(typeof federationEvents)["migration.updated"]>;
type StepPayload = PayloadOf<(typeof federationEvents)["migration_step.updated"]>;

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
export function progressOf(event: {
  type: string;
  entityKey: string;
  entityVersion: number;
  occurredAt: string;
  payload: Readonly<Record<string, unknown>>;
}): MigrationProgressRow {
  const changedAt = new Date(event.occurredAt);
  if (event.type.startsWith("migration_step.")) {
    const { migrationId, ...step } = event.payload as StepPayload;
    return { ...ofStep, migrationId, changedAt, step: step as StepProgressRow };
  }
  const { status, progressPercentage, currentPhase } = event.payload as MigrationPayload;
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
