import type { WriteTx } from "#db/client.ts";
import { activeVmMigrations, advanceVmMigration, beginVmMigrations } from "#db/federation/vm-migration-writes.ts";
import { type CpuRule, enabledCpuRules, moveAlert, openAlerts, raiseAlerts } from "#db/monitoring/alert-writes.ts";
import { latestSamples, type StoredSample } from "#db/monitoring/stored-samples.ts";
import { lockName } from "#db/named-lock.ts";
import type { FleetVm } from "#db/vms/fleet-writes.ts";
import { changeStates, lastStateChange } from "#db/vms/state-writes.ts";
import { newId } from "#lib/uuid.ts";
import type { FleetDatabases } from "#import/fleet.ts";
import { generated } from "#import/history/history-fleet.ts";
import { noise } from "#import/seeded-random.ts";
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

/**
 * Changes the demo fleet of a tenant, if it has one. A VM is stopped or started, one alert is raised, fires or is resolved, and one migration advances by a
 * step. Of several programs one does it, and none more often than every ten seconds.
 * @returns whether anything changed
 */
export async function changeDemoFleet(dbs: FleetDatabases, tenantId: string, now: Date): Promise<boolean> {
  const step = Math.floor(now.getTime() / 1_000 / pace);
  const fleet = await dbs.vms.write({ tenantId }, async (tx) => {
    if (!(await lockName(tx, `novacron.life.${tenantId}`))) return undefined;
    const last = await lastStateChange(tx);
    // A little earlier is fine: rounds are not on time to the millisecond.
    if (last && now.getTime() - last.getTime() < pace * 900) return undefined;
    const vms = await liveDemoVms(tx);
    return (await stopOrStart(tx, vms, step)) ? vms : undefined;
  });
  if (!fleet) return false;
  await dbs.monitoring.write({ tenantId }, (tx) => moveAlerts(tx, fleet, step, now));
  await dbs.federation.write({ tenantId }, (tx) => moveMigrations(tx, fleet, step, now));
  return true;
}

async function stopOrStart(tx: WriteTx, fleet: readonly FleetVm[], step: number): Promise<boolean> {
  const running = fleet.filter(({ state }) => state === "running");
  const stopped = fleet.filter(({ state }) => state === "stopped");
  const mayStop = stopped.length < Math.max(1, mostStopped * fleet.length);
  const stop = (mayStop && step % 2 === 0) || stopped.length === 0;
  const vm = chosen(stop ? running : stopped, step, 30);
  if (!vm) return false;
  const states = stop ? ({ from: "running", to: "stopped" } as const) : ({ from: "stopped", to: "running" } as const);
  const reason = stop ? "stopped by its owner" : "started by its owner";
  const change = { ...states, vmId: vm.id, reason, initiatedBy: vm.ownerId, metadata: generated };
  return (await changeStates(tx, [change])).length > 0;
}

/**
 * Each step does one of three things in turn. It raises an alert about a VM that breaks a rule now, fires the alert that is pending for longest, or resolves
 * the alert that is firing for longest.
 */
async function moveAlerts(tx: WriteTx, fleet: readonly FleetVm[], step: number, now: Date): Promise<void> {
  const open = await openAlerts(tx);
  const demo = new Set<string | null>(fleet.map(({ id }) => id));
  const turn = step % 3;
  const from = turn === 1 ? "pending" : "firing";
  const oldest =
    turn === 0 ? undefined : open.find((alert) => alert.state === from && demo.has(alert.vmId) && isGenerated(alert));
  if (oldest) {
    await moveAlert(tx, { id: oldest.id, from, to: from === "pending" ? "firing" : "resolved" });
    return;
  }
  const rules = await enabledCpuRules(tx);
  const samples = await latestSamples(
    tx,
    fleet.filter(({ state }) => state === "running").map(({ id }) => id),
  );
  const known = new Set(open.map(({ ruleId, vmId }) => `${ruleId} ${vmId}`));
  const breaches = rules.flatMap((rule) =>
    samples
      .filter((sample) => breaks(rule, sample) && !known.has(`${rule.id} ${sample.vmId}`))
      .map((sample) => ({ rule, sample })),
  );
  const breach = chosen(breaches, step, 31);
  const vm = fleet.find(({ id }) => id === breach?.sample.vmId);
  if (!breach || !vm) return;
  const value = breach.sample.cpuUsagePercent;
  await raiseAlerts(tx, [
    {
      id: newId(),
      tenantId: tx.tenantId,
      ruleId: breach.rule.id,
      vmId: vm.id,
      nodeId: vm.nodeId,
      state: "pending",
      severity: breach.rule.severity,
      value,
      message: `${vm.name}: CPU at ${value?.toFixed(1)} %`,
      labels: { origin: generated.origin, metric: "cpu_usage_percent" },
      metadata: generated,
      startedAt: now,
    },
  ]);
}

function breaks(
  { aggregate, comparisonOperator, thresholdValue }: CpuRule,
  { cpuUsagePercent }: StoredSample,
): boolean {
  if (aggregate === "absent" || cpuUsagePercent === null) return false;
  if (comparisonOperator === ">") return cpuUsagePercent > thresholdValue;
  return comparisonOperator === "<" && cpuUsagePercent < thresholdValue;
}

/** Advances the oldest active migration by a step; begins one when there is none. */
async function moveMigrations(tx: WriteTx, fleet: readonly FleetVm[], step: number, now: Date): Promise<void> {
  const demo = new Set(fleet.map(({ id }) => id));
  const active = (await activeVmMigrations(tx)).filter(({ vmId }) => demo.has(vmId));
  for (const migration of active) {
    if (migration.status !== "in_progress" || !isGenerated(migration)) continue;
    if (await advanceVmMigration(tx, migration.id)) return;
  }
  const moving = new Set(active.map(({ vmId }) => vmId));
  const vm = chosen(
    fleet.filter(({ id, nodeId }) => nodeId !== null && !moving.has(id)),
    step,
    32,
  );
  const nodes = [...new Set(fleet.flatMap(({ nodeId }) => (nodeId && nodeId !== vm?.nodeId ? [nodeId] : [])))];
  if (!vm) return;
  const move = {
    vmId: vm.id,
    sourceNodeId: vm.nodeId,
    destinationNodeId: chosen(nodes, step, 33) ?? null,
    initiatedBy: vm.ownerId,
    approvedBy: vm.ownerId,
    metadata: generated,
  };
  await beginVmMigrations(tx, [move], now);
}
