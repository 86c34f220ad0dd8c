import { vmChanges, vmTemplateChanges } from "#db/vms/changes.ts";
import { clusterChanges, nodeChanges } from "#db/scheduler/changes.ts";
import { hasRealPrices, savePrices } from "#db/federation/instance-price-writes.ts";
import { refreshHourly } from "#db/monitoring/hourly-rollup.ts";
import { advanceImport, beginImport, endImport, findImport } from "#db/monitoring/import-writes.ts";
import { ensureMetricRange } from "#db/monitoring/metric-ranges.ts";
import { clusters } from "#db/scheduler/schema/clusters.ts";
import { nodes } from "#db/scheduler/schema/nodes.ts";
import { upsert } from "#db/upsert.ts";
import { vmTemplates } from "#db/vms/schema/vm-templates.ts";
import { vms } from "#db/vms/schema/vms.ts";
import { demoTenantId, demoTenantName } from "#lib/trust/demo-tenant.ts";
import { importedId } from "#lib/uuid.ts";
import type { FleetDatabases } from "#import/fleet.ts";
import { writeHistory } from "#import/generated-history.ts";
import { ensurePeople, ownerOf } from "#import/people.ts";
import { placeVms } from "#import/place-vms.ts";
import { ensureProviders, writeTwins } from "#import/provider-twins.ts";
import { liveDemoVms } from "./live-vms.ts";
import { demoClusters, demoDataset, demoNodes, type DemoVm, demoVms } from "./fleet.ts";
import { demoPrices } from "./price-list.ts";
import { FleetCounters, writeDemoSamples } from "./samples.ts";

const day = 86_400_000;
const source = { dataset: demoDataset, sourceFingerprint: "seed-1" };
const none = { onConflict: ["id"], update: "none" } as const;

export interface SeedOptions {
  tenantId?: string;
  tenantName?: string;
  now?: Date;
}

/**
 * Generates a fleet of 60 VMs on 12 nodes with a day of samples and some data of every other kind, for an installation without traces. An existing fleet of the
 * tenant stays unchanged; an interrupted seeding is completed.
 */
export async function seedDemoFleet(
  dbs: FleetDatabases,
  { tenantId = demoTenantId, tenantName = demoTenantName, now = new Date() }: SeedOptions = {},
): Promise<{ seeded: boolean; vms: number; nodes: number; samples: number }> {
  const counts = { vms: demoVms(tenantId).length, nodes: demoNodes.length };
  const before = await dbs.monitoring.write({ tenantId }, (tx) => findImport(tx, source));
  if (before?.status === "completed") return { seeded: false, ...counts, samples: 0 };

  await ensurePeople(dbs.auth, { id: tenantId, name: tenantName }, now);
  await Promise.all([
    writeNodes(dbs, tenantId, now),
    writeVms(dbs, tenantId, now),
    dbs.federation.write({ tenantId }, async (tx) => {
      if (await hasRealPrices(tx)) return;
      const withIds = demoPrices.map((price) => ({
        ...price,
        id: importedId(demoDataset, "price", price.providerType, price.instanceType),
      }));
      await savePrices(tx, withIds, "none");
    }),
  ]);
  await placeVms(dbs, tenantId, now);
  await ensureProviders(dbs, tenantId, {}, now);
  const samples = await writeSamples(dbs, tenantId, now);
  const ofDemo = new Set(demoVms(tenantId).map(({ id }) => id));
  await writeTwins(dbs, tenantId, now, ofDemo);
  await writeHistory(dbs, tenantId, now, ofDemo);
  await dbs.monitoring.write({ tenantId }, async (tx) => {
    await advanceImport(tx, source, {
      linesDone: 0,
      written: samples,
      rejected: 0,
      traceStart: undefined,
      traceEnd: undefined,
    });
    await endImport(tx, source, "completed");
  });
  if (dbs.monitoringJobs) {
    for (const stream of ["vm", "system"] as const) {
      while ((await dbs.monitoringJobs.write({ tenantId }, (tx) => refreshHourly(tx, stream))) > 0);
    }
  }
  return { seeded: true, ...counts, samples };
}

async function writeNodes(dbs: FleetDatabases, tenantId: string, now: Date): Promise<void> {
  const nothing = { cpuMillicores: 0, memoryMb: 0, storageGb: 0, networkMbps: 0, gpuCount: 0, gpuMilli: 0 };
  const createdAt = new Date(now.getTime() - 90 * day);
  await dbs.scheduler.write({ tenantId }, async (tx) => {
    await upsert(
      tx,
      clusters,
      demoClusters.map(({ id, name, gpu, region }) => ({
        id,
        name,
        description: gpu ? "Machines with GPUs" : "Machines for everything",
        clusterType: "kvm",
        version: "9.2",
        config: { region },
        status: "active" as const,
        metadata: { origin: "generated" },
        createdAt,
      })),
      { ...none, emits: clusterChanges },
    );
    await upsert(
      tx,
      nodes,
      demoNodes.map(({ id, name, clusterId, n, gpuModel, capacity, ready }) => {
        const region = demoClusters.find((cluster) => cluster.id === clusterId)?.region ?? "eu-central";
        return {
          id,
          name,
          hostname: `${name}.demo.example`,
          ipAddress: `10.200.0.${10 + n}`,
          nodeType: gpuModel ? ("gpu" as const) : ("compute" as const),
          clusterId,
          region,
          availabilityZone: `${region}-${(n % 3) + 1}`,
          capacity,
          allocatable: capacity,
          allocated: nothing,
          gpuModel,
          labels: { rack: `r${Math.floor(n / 4) + 1}`, ...(gpuModel ? { gpu: gpuModel } : {}) },
          status: ready ? ("ready" as const) : ("maintenance" as const),
          lastHeartbeat: now,
          metadata: { origin: "generated" },
          createdAt,
        };
      }),
      { ...none, emits: nodeChanges },
    );
  });
}

async function writeVms(dbs: FleetDatabases, tenantId: string, now: Date): Promise<void> {
  const template = importedId(demoDataset, tenantId, "template");
  await dbs.vms.write({ tenantId }, async (tx) => {
    await upsert(
      tx,
      vmTemplates,
      [
        {
          id: template,
          name: "debian",
          description: "A small Debian.",
          version: "12",
          ownerId: ownerOf(tenantId, 0),
          tenantId,
          baseImage: "debian-12-genericcloud-amd64",
          resourceConfig: { cpuMillicores: 2_000, memoryMb: 4_096, storageGb: 20 },
          tags: { os: "debian" },
          metadata: { origin: "generated" },
          createdAt: new Date(now.getTime() - 90 * day),
        },
      ],
      { ...none, emits: vmTemplateChanges },
    );
    await upsert(
      tx,
      vms,
      demoVms(tenantId).map(({ id, name, n, cpuMillicores, memoryMb, storageGb, tags }) => ({
        id,
        name,
        displayName: `${tags["service"]} ${tags["env"]}`,
        state: n % 20 === 19 ? ("stopped" as const) : ("running" as const),
        hypervisorType: "kvm" as const,
        ownerId: ownerOf(tenantId, n),
        tenantId,
        templateId: template,
        resourceConfig: { cpuMillicores, memoryMb, storageGb },
        networkConfig: { interfaces: [{ name: "eth0", network: "internal" }] },
        backupConfig: { schedule: "0 2 * * *", keep: 14 },
        tags,
        metadata: { origin: "generated" },
        createdAt: new Date(now.getTime() - 60 * day + n * 6 * 3_600_000),
      })),
      { ...none, emits: vmChanges },
    );
  });
}

/** Writes a sample every five minutes of the last day, and every minute of its last two hours. */
async function writeSamples(dbs: FleetDatabases, tenantId: string, now: Date): Promise<number> {
  const end = Math.floor(now.getTime() / 60_000) * 60;
  const times: number[] = [];
  for (let time = end - 86_400; time < end - 7_200; time += 300) times.push(time);
  for (let time = end - 7_200; time <= end; time += 60) times.push(time);
  const range = { from: end - 86_400, to: end + 86_400 };
  await dbs.monitoring.write({ tenantId }, (tx) => ensureMetricRange(tx, "vm_metrics", range));
  await dbs.monitoring.write({ tenantId }, (tx) => ensureMetricRange(tx, "system_metrics", range));
  const fleet = { ...(await runningDemoVms(dbs, tenantId)), counters: new FleetCounters() };
  return dbs.monitoring.write({ tenantId }, async (tx) => {
    await beginImport(tx, { ...source, shiftSeconds: 0, keepTimes: false });
    let written = 0;
    for (let at = 0; at < times.length; at += 60)
      written += await writeDemoSamples(tx, fleet, times.slice(at, at + 60));
    return written;
  });
}

/** Returns the demo's VMs for which an agent would report samples, and the nodes of the tenant's VMs. */
export async function runningDemoVms(
  dbs: FleetDatabases,
  tenantId: string,
): Promise<{ vms: DemoVm[]; nodeOf: Map<string, string> }> {
  const fleet = await dbs.vms.write({ tenantId }, liveDemoVms);
  const nodeOf = new Map(fleet.flatMap(({ id, nodeId }) => (nodeId ? [[id, nodeId] as const] : [])));
  const running = new Set(fleet.filter(({ state }) => reporting.has(state)).map(({ id }) => id));
  return { vms: demoVms(tenantId).filter(({ id }) => running.has(id)), nodeOf };
}

/** The states of VMs for which an agent reports samples. */
export const reporting: ReadonlySet<string> = new Set(["running", "migrating", "backing_up"]);
