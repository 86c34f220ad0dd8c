import { type MigrationHistory, migrationPhases } from "#subgraphs/federation/migrations/record-migrations.ts";
import { generated, type HistoryFleet, hour, minute, some } from "./history-fleet.ts";

type MigrationStatus = "completed" | "in_progress" | "failed" | "planned";
/** How far a migration of a status has come: steps that are done, and what became of the next one. */
const progressOf: Record<MigrationStatus, { done: number; next: "in_progress" | "failed" | "pending" }> = {
  completed: { done: migrationPhases.length, next: "pending" },
  in_progress: { done: 4, next: "in_progress" },
  failed: { done: 4, next: "failed" },
  planned: { done: 1, next: "pending" },
};
const statuses: readonly MigrationStatus[] = ["completed", "in_progress", "completed", "failed", "planned"];

/** Returns migrations of some VMs in every status, each with its steps. */
export function migrationHistory(fleet: HistoryFleet): MigrationHistory {
  const { id, ago, users, nodeIds, providerIds } = fleet;
  const moves = some(fleet, 7, 3, (vm, at) => {
    const status = statuses[Math.floor(at / 7) % statuses.length] as MigrationStatus;
    const { done, next } = progressOf[status];
    const started = ago((1 + (at % 40)) * hour);
    const ended = status === "completed" || status === "failed" ? new Date(started.getTime() + 18 * minute) : null;
    const toCloud = at % 14 === 3 ? (providerIds[at % Math.max(providerIds.length, 1)] ?? null) : null;
    const type = toCloud ? ("warm" as const) : ("live" as const);
    return {
      steps: migrationPhases.map((phase, step) => ({
        id: id("migration-step", vm.id, step),
        migrationId: id("migration", vm.id),
        stepNumber: step,
        stepName: phase,
        description: `${phase} (${type})`,
        status: step < done ? ("completed" as const) : step === done ? next : ("pending" as const),
        startedAt: step < done || (step === done && next !== "pending") ? after(started, step * 2) : null,
        completedAt: step < done ? after(started, step * 2 + 2) : null,
        duration: step < done ? "PT2M" : null,
        errorMessage: step === done && next === "failed" ? "the destination has no room left" : null,
        output: generated,
      })),
      row: {
        id: id("migration", vm.id),
        vmId: vm.id,
        sourceNodeId: vm.nodeId ?? nodeIds[at % Math.max(nodeIds.length, 1)] ?? null,
        destinationNodeId: toCloud ? null : (nodeIds[(at * 7 + 1) % Math.max(nodeIds.length, 1)] ?? null),
        destinationProvider: toCloud,
        migrationType: type,
        migrationPlan: { ...generated, phases: [...migrationPhases] },
        status,
        progressPercentage: Math.floor((100 * done) / migrationPhases.length),
        currentPhase: migrationPhases[Math.min(done, migrationPhases.length - 1)] ?? "observe",
        estimatedDuration: "PT18M",
        startedAt: status === "planned" ? null : started,
        completedAt: ended,
        costEstimate: "1.25",
        errorDetails: status === "failed" ? { step: "transfer", reason: "the destination has no room left" } : null,
        initiatedBy: vm.ownerId,
        approvedBy: status === "planned" ? null : (users[0] ?? null),
        metadata: generated,
        createdAt: new Date(started.getTime() - 10 * minute),
      },
    };
  });
  return { migrations: moves.map(({ row }) => row), steps: moves.flatMap(({ steps }) => steps) };
}

const after = (time: Date, minutes: number): Date => new Date(time.getTime() + minutes * minute);
