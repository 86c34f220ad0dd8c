import { generated } from "#import/history/history-fleet.ts";
import type { FleetDatabases } from "#import/fleet.ts";
import { noise } from "#import/seeded-random.ts";
import {
  activeMigrations,
  advanceMigration,
  beginMigration,
} from "#subgraphs/federation/migrations/migration-steps.ts";
import { fireAlert, openAlerts, raiseAlert, resolveAlert } from "#subgraphs/monitoring/alerts/alert-steps.ts";
import { cpuBreaches } from "#subgraphs/monitoring/alerts/breaches.ts";
import { PublicError } from "#lib/errors.ts";
import { newId } from "#lib/uuid.ts";
import { startVm } from "#subgraphs/vms/power/start-vm.ts";
import { stopVm } from "#subgraphs/vms/power/power-vm.ts";
import { lastStateChange } from "#subgraphs/vms/states/last-state-change.ts";
import type { LiveVm } from "#subgraphs/vms/vms/live-vms.ts";
import { liveDemoVms } from "./live-vms.ts";

/** The interval between two changes of a VM's state, in seconds. */
const pace = 10;
/** When this share of the fleet is stopped, no more VMs are stopped. */
const mostStopped = 0.1;

const isGenerated = ({ metadata }: { metadata: { origin?: string | undefined } }): boolean =>
  metadata.origin === generated.origin;

/** Returns the choice of a step, the same in every program. */
const chosen = <T>(from: readonly T[], step: number, seed: number): T | undefined =>
  from[Math.floor(noise(step, seed) * from.length)];

/** The demo fleet of a tenant at one step of its changes. */
interface Step {
  dbs: FleetDatabases;
  tenantId: string;
  fleet: readonly LiveVm[];
  step: number;
  now: Date;
}

/**
 * Changes the demo fleet of a tenant, if it has one. A VM is stopped or started, one alert is raised, fires or is resolved, and one migration advances by a
 * step. Of several programs one does it, and none more often than every ten seconds.
 * @returns whether anything changed
 */
export async function changeDemoFleet(dbs: FleetDatabases, tenantId: string, now: Date): Promise<boolean> {
  // The fleet is read before the time of its last change. A program that read the fleet of before another's change chooses the same VM, and finds that its state
  // has changed. One that read the fleet of after it finds that its time has not come.
  const fleet = await liveDemoVms(dbs.vms, tenantId);
  const last = await lastStateChange(dbs.vms, { tenantId });
  // A little earlier is fine: rounds are not on time to the millisecond.
  if (last && now.getTime() - last.getTime() < pace * 900) return false;
  const step: Step = { dbs, tenantId, fleet, now, step: Math.floor(now.getTime() / 1_000 / pace) };
  if (!(await stopOrStart(step))) return false;
  await moveAlerts(step);
  await moveMigrations(step);
  return true;
}

async function stopOrStart({ dbs, tenantId, fleet, step }: Step): Promise<boolean> {
  const running = fleet.filter(({ state }) => state === "running");
  const stopped = fleet.filter(({ state }) => state === "stopped");
  const mayStop = stopped.length < Math.max(1, mostStopped * fleet.length);
  const stops = (mayStop && step % 2 === 0) || stopped.length === 0;
  const vm = chosen(stops ? running : stopped, step, 30);
  if (!vm) return false;
  const { id: vmId, ownerId: id } = vm;
  // As the VM's owner, by the use cases of the mutations.
  const request = {
    identity: { kind: "user" as const, id, tenantId, permissions: [] },
    requestId: newId(),
    deadline: Date.now() + longestRequestMs,
  };
  const services = { database: dbs.vms };
  const outcome = await (
    stops
      ? stopVm(services, request, { vmId, reason: "stopped by its owner" })
      : startVm(services, request, { vmId, reason: "started by its owner" })
  ).catch((error: unknown) => {
    // Another program, or a user, was faster.
    if (error instanceof PublicError && error.code === "VM_BUSY") return undefined;
    throw error;
  });
  return outcome?.kind === "done" && outcome.value.operation !== null;
}

const longestRequestMs = 10_000;

/**
 * Each step does one of three things in turn. It raises an alert about a VM that breaks a rule now, fires the alert that is pending for longest, or resolves
 * the alert that is firing for longest.
 */
async function moveAlerts({ dbs, tenantId, fleet, step, now }: Step): Promise<void> {
  const scope = { tenantId };
  const turn = step % 3;
  if (turn !== 0) {
    const [state, move] = turn === 1 ? (["pending", fireAlert] as const) : (["firing", resolveAlert] as const);
    const demo = new Set<string | null>(fleet.map(({ id }) => id));
    const oldest = (await openAlerts(dbs.monitoring, scope)).find(
      (alert) => alert.state === state && demo.has(alert.vmId) && isGenerated(alert),
    );
    if (oldest) {
      await move(dbs.monitoring, scope, oldest.id);
      return;
    }
  }
  const running = fleet.filter(({ state }) => state === "running").map(({ id }) => id);
  const breach = chosen(await cpuBreaches(dbs.monitoring, scope, running), step, 31);
  const vm = fleet.find(({ id }) => id === breach?.sample.vmId);
  if (!breach || !vm) return;
  const alert = { breach, vm, startedAt: now, labels: { origin: generated.origin }, metadata: generated };
  await raiseAlert(dbs.monitoring, scope, alert);
}

/** Advances the oldest active migration by a step; begins one when there is none. */
async function moveMigrations({ dbs, tenantId, fleet, step, now }: Step): Promise<void> {
  const scope = { tenantId };
  const demo = new Set(fleet.map(({ id }) => id));
  const active = (await activeMigrations(dbs.federation, scope)).filter(({ vmId }) => demo.has(vmId));
  for (const migration of active) {
    if (migration.status !== "in_progress" || !isGenerated(migration)) continue;
    if (await advanceMigration(dbs.federation, scope, migration.id)) return;
  }
  const moving = new Set(active.map(({ vmId }) => vmId));
  const vm = chosen(
    fleet.filter(({ id, nodeId }) => nodeId !== null && !moving.has(id)),
    step,
    32,
  );
  if (!vm) return;
  const nodes = [...new Set(fleet.flatMap(({ nodeId }) => (nodeId && nodeId !== vm.nodeId ? [nodeId] : [])))];
  const move = {
    vmId: vm.id,
    sourceNodeId: vm.nodeId,
    destinationNodeId: chosen(nodes, step, 33) ?? null,
    initiatedBy: vm.ownerId,
    approvedBy: vm.ownerId,
    metadata: generated,
  };
  await beginMigration(dbs.federation, scope, move, now);
}
