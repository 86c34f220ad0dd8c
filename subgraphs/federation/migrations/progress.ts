import type { MigrationStepRow } from "#db/federation/schema/migration-steps.ts";
import type { MigrationPhase, MigrationRow } from "#db/federation/schema/migrations.ts";
import type { PayloadOf } from "#events/catalogue.ts";
import type { federationEvents } from "#events/federation.ts";

type MigrationPayload = PayloadOf<(typeof federationEvents)["migration.updated"]>;
type StepPayload = PayloadOf<(typeof federationEvents)["migration_step.updated"]>;

export type StepProgressRow = Pick<MigrationStepRow, "stepNumber" | "stepName" | "status">;

/** The values of a migration, or of one of its steps, right after a change. */
export interface MigrationProgressRow {
  migrationId: string;
  status: MigrationRow["status"] | null;
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
    const { migrationId, stepNumber, stepName, status } = event.payload as StepPayload;
    const step = { stepNumber, stepName, status } as StepProgressRow;
    return { ...ofStep, migrationId, changedAt, step };
  }
  const { status, progressPercentage, currentPhase } = event.payload as MigrationPayload;
  return {
    migrationId: event.entityKey,
    status: status as MigrationRow["status"],
    progressPercentage,
    phase: currentPhase as MigrationPhase | null,
    version: event.entityVersion,
    step: null,
    changedAt,
  };
}
