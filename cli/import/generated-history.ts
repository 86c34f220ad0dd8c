import { complianceViolations } from "#db/federation/schema/compliance-violations.ts";
import { compliancePolicies } from "#db/federation/schema/compliance-policies.ts";
import { migrationSteps } from "#db/federation/schema/migration-steps.ts";
import { migrationPhases, migrations } from "#db/federation/schema/migrations.ts";
import { fleetProviders } from "#db/federation/fleet-writes.ts";
import { hotSpells } from "#db/monitoring/import-writes.ts";
import { alertInstances } from "#db/monitoring/schema/alert-instances.ts";
import { alertRules } from "#db/monitoring/schema/alert-rules.ts";
import { fleetNodes } from "#db/scheduler/fleet-writes.ts";
import { scalingRecommendations } from "#db/scheduler/schema/scaling-recommendations.ts";
import { schedulingPolicies } from "#db/scheduler/schema/scheduling-policies.ts";
import { upsert } from "#db/upsert.ts";
import { type FleetVm, fleetVms } from "#db/vms/fleet-writes.ts";
import { vmNetworks } from "#db/vms/schema/vm-networks.ts";
import { vmSnapshots } from "#db/vms/schema/vm-snapshots.ts";
import { vmStateTransitions } from "#db/vms/schema/vm-state-transitions.ts";
import { importedId } from "#lib/uuid.ts";
import type { FleetDatabases } from "./fleet.ts";
import { userIds } from "./people.ts";

const generated = { origin: "generated" } as const;
const minute = 60_000;
const hour = 60 * minute;
const day = 24 * hour;
const none = { onConflict: ["id"], update: "none" } as const;

interface Fleet {
  tenantId: string;
  now: Date;
  /** Of the whole fleet; a VM's place in it decides what it gets. */
  vms: FleetVm[];
  nodeIds: string[];
  providerIds: string[];
  users: string[];
  id(kind: string, ...of: (string | number)[]): string;
  ago(ms: number): Date;
}

/**
 * What traces have none of: migrations with steps, alert rules and alerts, policies and violations, snapshots, networks,
 * transitions, recommendations. All of it says `origin: generated`. Ids follow from the VMs, and a row that is there is left
 * as it is, so that it may be called after every import. Every 50 VMs in a row have some of everything.
 * @returns how many rows were written
 */
export async function writeHistory(dbs: FleetDatabases, tenantId: string, now: Date): Promise<number> {
  const vms = await dbs.vms.write({ tenantId }, fleetVms);
  if (vms.length === 0) return 0;
  const nodes = await dbs.scheduler.write({ tenantId }, fleetNodes);
  const providers = await dbs.federation.write({ tenantId }, fleetProviders);
  const fleet: Fleet = {
    tenantId,
    now,
    vms,
    nodeIds: nodes.filter(({ status }) => status === "ready").map(({ id }) => id),
    providerIds: providers.map(({ id }) => id),
    users: userIds(tenantId),
    id: (kind, ...of) => importedId("generated", tenantId, kind, ...of),
    ago: (ms) => new Date(now.getTime() - ms),
  };
  const written = await Promise.all([
    writeVmHistory(dbs, fleet),
    writeAlerts(dbs, fleet),
    writeFederationHistory(dbs, fleet),
    writeSchedulerHistory(dbs, fleet),
  ]);
  return written.reduce((sum, count) => sum + count, 0);
}

/** The first of `every` VMs in a row, counted from `from`. */
const some = <T>({ vms }: Fleet, every: number, from: number, make: (vm: FleetVm, at: number) => T): T[] =>
  vms.flatMap((vm, at) => (at % every === from ? [make(vm, at)] : []));

const hex = (value: number) => (value % 256).toString(16).padStart(2, "0");

function writeVmHistory(dbs: FleetDatabases, fleet: Fleet): Promise<number> {
  const { tenantId, id, ago, vms } = fleet;
  return dbs.vms.write({ tenantId }, async (tx) => {
    const networks = await upsert(
      tx,
      vmNetworks,
      vms.map((vm, at) => ({
        id: id("network", vm.id),
        vmId: vm.id,
        tenantId,
        networkName: at % 5 === 0 ? "dmz" : "internal",
        interfaceName: "eth0",
        ipAddress: `10.${Math.floor(at / 65_536)}.${Math.floor(at / 256) % 256}.${at % 256}`,
        macAddress: `52:54:00:${hex(at >> 16)}:${hex(at >> 8)}:${hex(at)}`,
        networkType: "bridge",
        vlanId: at % 5 === 0 ? 200 : 100,
        bandwidthLimitMbps: 1_000,
        metadata: generated,
        createdAt: vm.createdAt,
      })),
      none,
    );
    const snapshots = await upsert(
      tx,
      vmSnapshots,
      some(fleet, 4, 1, (vm, at) => ({
        id: id("snapshot", vm.id),
        vmId: vm.id,
        tenantId,
        name: `${vm.name}-nightly`,
        snapshotType: at % 8 === 1 ? ("scheduled" as const) : ("manual" as const),
        storagePath: `/snapshots/${vm.id}/nightly.qcow2`,
        sizeBytes: vm.resourceConfig.memoryMb * 1024 * 256,
        compressionType: "zstd",
        metadata: generated,
        createdAt: ago(6 * hour + at * minute),
        expiresAt: ago(-14 * day),
      })),
      none,
    );
    const transitions = await upsert(
      tx,
      vmStateTransitions,
      vms.flatMap((vm) => {
        const common = { vmId: vm.id, tenantId, initiatedBy: vm.ownerId, metadata: generated };
        const created = vm.createdAt.getTime();
        const first = { ...common, id: id("transition", vm.id, "creating"), toState: "creating" as const };
        const running = {
          ...common,
          id: id("transition", vm.id, "running"),
          fromState: "creating" as const,
          toState: "running" as const,
        };
        const stopped = {
          ...common,
          id: id("transition", vm.id, "stopped"),
          fromState: "running" as const,
          toState: "stopped" as const,
        };
        return [
          { ...first, reason: "created", createdAt: new Date(created) },
          { ...running, reason: "boot ok", createdAt: new Date(created + 30_000) },
          ...(vm.state === "stopped"
            ? [{ ...stopped, reason: "stopped by its owner", createdAt: new Date(created + 5 * hour) }]
            : []),
        ];
      }),
      none,
    );
    return networks + snapshots + transitions;
  });
}

async function writeAlerts(dbs: FleetDatabases, fleet: Fleet): Promise<number> {
  const { tenantId, id, ago, users, now } = fleet;
  return dbs.monitoring.write({ tenantId }, async (tx) => {
    const rule = (name: string) => id("alert-rule", name);
    const common = { tenantId, metadata: generated, labels: { origin: "generated" } };
    const rules = await upsert(
      tx,
      alertRules,
      [
        {
          ...common,
          id: rule("cpu"),
          name: "CPU above 90 %",
          description: "A VM that is short of CPU.",
          metricName: "cpu_usage_percent",
          aggregate: "max",
          comparisonOperator: ">",
          thresholdValue: 90,
          evaluationWindow: "PT5M",
          forDuration: "PT5M",
          severity: "critical",
          createdAt: ago(30 * day),
        },
        {
          ...common,
          id: rule("idle"),
          name: "Idle VM",
          description: "Less than 1 % of CPU in an hour.",
          metricName: "cpu_usage_percent",
          aggregate: "avg",
          comparisonOperator: "<",
          thresholdValue: 1,
          evaluationWindow: "PT1H",
          severity: "info",
          createdAt: ago(30 * day),
        },
        {
          ...common,
          id: rule("absent"),
          name: "No samples",
          metricName: "cpu_usage_percent",
          aggregate: "absent",
          comparisonOperator: ">",
          thresholdValue: 0,
          evaluationWindow: "PT15M",
          noDataPolicy: "alert",
          severity: "warning",
          createdAt: ago(30 * day),
        },
      ],
      none,
    );
    // True spells of heat in the samples of the last day; the alerts about them are still made up here.
    const spells = await hotSpells(tx, now.getTime() / 1000 - 86_400, 90);
    const named = new Map(fleet.vms.map((vm) => [vm.id, vm]));
    const hot = spells.flatMap(({ vmId, first, last, peak }) => {
      const vm = named.get(vmId);
      if (!vm) return [];
      const open = now.getTime() - last.getTime() < hour;
      return [
        {
          id: id("alert", "cpu", vmId),
          tenantId,
          ruleId: rule("cpu"),
          vmId,
          nodeId: vm.nodeId,
          state: open ? ("firing" as const) : ("resolved" as const),
          severity: "critical" as const,
          value: peak,
          message: `${vm.name}: CPU at ${peak.toFixed(1)} %`,
          labels: { origin: "generated", metric: "cpu_usage_percent" },
          metadata: generated,
          startedAt: first,
          firedAt: first,
          resolvedAt: open ? null : last,
        },
      ];
    });
    const spread = some(fleet, 8, 2, (vm, at) => ({
      id: id("alert", "idle", vm.id),
      tenantId,
      ruleId: rule("idle"),
      vmId: vm.id,
      nodeId: vm.nodeId,
      state: at % 16 === 2 ? ("firing" as const) : ("pending" as const),
      severity: "info" as const,
      value: 0.4,
      message: `${vm.name} does nothing`,
      labels: { origin: "generated", metric: "cpu_usage_percent" },
      metadata: generated,
      startedAt: ago(3 * hour + at * minute),
      firedAt: at % 16 === 2 ? ago(2 * hour + at * minute) : null,
      acknowledgedAt: at % 32 === 2 ? ago(hour) : null,
      acknowledgedBy: at % 32 === 2 ? (users[1] ?? null) : null,
      acknowledgementNote: at % 32 === 2 ? "to be switched off at the end of the month" : null,
    }));
    return rules + (await upsert(tx, alertInstances, [...hot, ...spread], none));
  });
}

type MigrationStatus = "completed" | "in_progress" | "failed" | "planned";
/** How far a migration of a status has come: steps that are done, and what became of the next one. */
const progressOf: Record<MigrationStatus, { done: number; next: "in_progress" | "failed" | "pending" }> = {
  completed: { done: migrationPhases.length, next: "pending" },
  in_progress: { done: 4, next: "in_progress" },
  failed: { done: 4, next: "failed" },
  planned: { done: 1, next: "pending" },
};
const statuses: readonly MigrationStatus[] = ["completed", "in_progress", "completed", "failed", "planned"];

async function writeFederationHistory(dbs: FleetDatabases, fleet: Fleet): Promise<number> {
  const { tenantId, id, ago, users, nodeIds, providerIds } = fleet;
  return dbs.federation.write({ tenantId }, async (tx) => {
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
          tenantId,
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
          tenantId,
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
    let written = 0;
    written += await upsert(
      tx,
      migrations,
      moves.map(({ row }) => row),
      none,
    );
    written += await upsert(
      tx,
      migrationSteps,
      moves.flatMap(({ steps }) => steps),
      none,
    );

    const policy = (name: string) => id("compliance-policy", name);
    written += await upsert(
      tx,
      compliancePolicies,
      [
        {
          id: policy("residency"),
          tenantId,
          name: "Personal data stays in the EU",
          framework: "GDPR",
          rules: [{ assert: "vm.region in ['eu-west-1', 'westeurope', 'europe-west1']", severity: "high" }],
          dataResidencyRequirements: { regions: ["eu-west-1", "westeurope", "europe-west1"] },
          metadata: generated,
          createdAt: ago(60 * day),
        },
        {
          id: policy("backup"),
          tenantId,
          name: "Every VM has a backup of the last day",
          framework: "SOC2",
          rules: [{ assert: "vm.lastBackupAge < duration('P1D')", severity: "medium" }],
          metadata: generated,
          createdAt: ago(60 * day),
        },
      ],
      none,
    );
    written += await upsert(
      tx,
      complianceViolations,
      some(fleet, 9, 4, (vm, at) => {
        const resolved = at % 27 === 4;
        return {
          id: id("violation", vm.id),
          tenantId,
          policyId: at % 2 === 0 ? policy("backup") : policy("residency"),
          vmId: vm.id,
          providerId: at % 2 === 0 ? null : (providerIds[0] ?? null),
          violationType: at % 2 === 0 ? "backup_missing" : "data_residency",
          severity: at % 2 === 0 ? ("medium" as const) : ("high" as const),
          description: at % 2 === 0 ? `${vm.name} has no backup of the last day` : `${vm.name} may run outside the EU`,
          detectedAt: ago((2 + (at % 60)) * hour),
          resolvedAt: resolved ? ago(hour) : null,
          resolutionNotes: resolved ? "backup taken by hand" : null,
          metadata: generated,
        };
      }),
      none,
    );
    return written;
  });
}

const after = (time: Date, minutes: number): Date => new Date(time.getTime() + minutes * minute);

async function writeSchedulerHistory(dbs: FleetDatabases, fleet: Fleet): Promise<number> {
  const { tenantId, id, ago } = fleet;
  return dbs.scheduler.write({ tenantId }, async (tx) => {
    const policies = await upsert(
      tx,
      schedulingPolicies,
      [
        {
          id: id("scheduling-policy", "default"),
          tenantId,
          name: "Pack tightly",
          description: "Fill a node before the next one is used.",
          policyType: "placement",
          rules: [
            { score: "bestFit", weight: 2 },
            { score: "balanced", weight: 1 },
          ],
          metadata: generated,
          createdAt: ago(60 * day),
        },
      ],
      none,
    );
    const recommendations = await upsert(
      tx,
      scalingRecommendations,
      some(fleet, 5, 0, (vm) => {
        const { cpuMillicores, memoryMb } = vm.resourceConfig;
        const smaller = Math.max(500, Math.ceil(cpuMillicores / 2));
        return {
          id: id("recommendation", vm.id),
          tenantId,
          vmId: vm.id,
          currentResources: { cpuMillicores, memoryMb },
          recommendedResources: { cpuMillicores: smaller, memoryMb },
          predictionConfidence: 0.7,
          predictionHorizon: "P1D",
          costImpact: (-0.012 * Math.max(0, cpuMillicores - smaller)).toFixed(2),
          recommendationReason: "The VM used less than half of its cores on the last day.",
          mlModelVersion: "generated",
          metadata: generated,
          createdAt: ago(5 * hour),
        };
      }),
      none,
    );
    return policies + recommendations;
  });
}
