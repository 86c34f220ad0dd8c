import { sql } from "drizzle-orm";
import { newId } from "#lib/uuid.ts";
import { migrationSnapshot } from "#events/federation.ts";
import { changeColumns, type ChangedRow, changeEvents, eventValues } from "../changes.ts";
import type { RowMetadata } from "../columns.ts";
import type { Tx, WriteTx } from "../client.ts";
import { append } from "../event-log/append.ts";
import { countedWrite } from "../row-writes.ts";
import { statement } from "../statement.ts";
import { ofTenant } from "../tenant-predicate.ts";
import { upsert } from "../upsert.ts";
import { vmMigrationChanges, vmMigrationStepChanges } from "./changes.ts";
import { vmMigrationSteps } from "./schema/vm-migration-steps.ts";
import { migrationPhases, vmMigrations } from "./schema/vm-migrations.ts";

export interface NewVmMigration {
  vmId: string;
  sourceNodeId: string | null;
  destinationNodeId: string | null;
  /** A user of the auth database. */
  initiatedBy: string;
  approvedBy: string;
  metadata?: RowMetadata | undefined;
}

/** Begins live migrations, each in its first phase. @returns their ids */
export async function beginVmMigrations(tx: WriteTx, begun: readonly NewVmMigration[], now: Date): Promise<string[]> {
  const rows = begun.map(({ metadata = {}, ...move }) => ({
    ...move,
    id: newId(),
    tenantId: tx.tenantId,
    migrationType: "live" as const,
    migrationPlan: { phases: [...migrationPhases] },
    status: "in_progress" as const,
    currentPhase: migrationPhases[0],
    startedAt: now,
    metadata,
  }));
  const fresh = { onConflict: ["id"], update: "none" } as const;
  await upsert(tx, vmMigrations, rows, { ...fresh, emits: vmMigrationChanges });
  const steps = rows.flatMap(({ id }) =>
    migrationPhases.map((phase, stepNumber) => ({
      id: newId(),
      migrationId: id,
      tenantId: tx.tenantId,
      stepNumber,
      stepName: phase,
      status: stepNumber === 0 ? ("in_progress" as const) : ("pending" as const),
      startedAt: stepNumber === 0 ? now : null,
    })),
  );
  await upsert(tx, vmMigrationSteps, steps, { ...fresh, emits: vmMigrationStepChanges });
  return rows.map(({ id }) => id);
}

// Ends the current step and begins the next one, where there is one.
const endStep = statement<ChangedRow>(
  () => sql`
    update ${vmMigrationSteps} set status = 'completed', completed_at = now(), duration = now() - coalesce(started_at, now())
    where migration_id = ${sql.placeholder("id")}::uuid and ${ofTenant(vmMigrationSteps.tenantId)} and status = 'in_progress'
    returning ${changeColumns(vmMigrationStepChanges)}`,
);

const beginStep = statement<ChangedRow>(
  () => sql`
    update ${vmMigrationSteps} set status = 'in_progress', started_at = now()
    where migration_id = ${sql.placeholder("id")}::uuid and ${ofTenant(vmMigrationSteps.tenantId)} and step_number = (
      select min(step_number) from ${vmMigrationSteps}
      where migration_id = ${sql.placeholder("id")}::uuid and ${ofTenant(vmMigrationSteps.tenantId)} and status = 'pending')
    returning ${changeColumns(vmMigrationStepChanges)}`,
);

const advance = statement<ChangedRow>(
  () => sql`
    update ${vmMigrations} set ${countedWrite(vmMigrations)}, progress_percentage = ${sql.placeholder("progress")}::int,
      current_phase = ${sql.placeholder("phase")}::text,
      status = case when ${sql.placeholder("progress")}::int = 100 then 'completed' else status end,
      completed_at = case when ${sql.placeholder("progress")}::int = 100 then now() end
    where id = ${sql.placeholder("id")}::uuid and ${ofTenant(vmMigrations.tenantId)} and status = 'in_progress'
    returning ${changeColumns(vmMigrationChanges)}`,
);

/** Ends the current step of a migration and begins the next one. After the last step the migration is completed. */
export async function advanceVmMigration(tx: WriteTx, id: string): Promise<boolean> {
  const ended = await tx.run(endStep, { id, tenantId: tx.tenantId });
  const done = ended.at(-1)?.["stepNumber"];
  if (typeof done !== "number") return false;
  const begun = await tx.run(beginStep, { id, tenantId: tx.tenantId });
  const progress = begun.length > 0 ? Math.floor((100 * (done + 1)) / migrationPhases.length) : 100;
  const phase = migrationPhases[Math.min(done + 1, migrationPhases.length - 1)];
  const moved = await tx.run(advance, { id, progress, phase, tenantId: tx.tenantId });
  // A subscriber filters steps by the migration as this transaction leaves it.
  const migration = moved[0] && eventValues(moved[0], Object.keys(migrationSnapshot));
  const steps = [...ended, ...begun].map((step) => (migration ? { ...step, migration } : step));
  await append(tx, changeEvents(vmMigrationStepChanges, steps, "updated"));
  await append(tx, changeEvents(vmMigrationChanges, moved, "updated"));
  return true;
}

export interface ActiveVmMigration {
  id: string;
  vmId: string;
  status: "planned" | "approved" | "in_progress";
  metadata: RowMetadata;
}

const active = statement<ActiveVmMigration>(
  () => sql`
    select id, vm_id as "vmId", status, metadata from ${vmMigrations}
    where ${ofTenant(vmMigrations.tenantId)} and status in ('planned', 'approved', 'in_progress') order by created_at, id`,
);

/** Returns the tenant's migrations that have not ended, oldest first. */
export const activeVmMigrations = (tx: Tx): Promise<ActiveVmMigration[]> => tx.run(active, { tenantId: tx.tenantId });
