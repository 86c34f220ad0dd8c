import { demoTenantId, demoTenantName } from "#lib/trust/demo-tenant.ts";
import { importedId } from "#lib/uuid.ts";
import type { FleetDatabases } from "#import/fleet.ts";
import { writeHistory } from "#import/generated-history.ts";
import { ensurePeople, ownerOf } from "#import/people.ts";
import { placeVms } from "#import/place-vms.ts";
import { ensureProviders, writeTwins } from "#import/provider-twins.ts";
import { addGeneratedPrices } from "#subgraphs/federation/prices/prices.ts";
import { beginImport, endImport, findImport, recordProgress } from "#subgraphs/monitoring/imports/imports.ts";
import { makeRoom } from "#subgraphs/monitoring/metrics/make-room.ts";
import { recordSamples } from "#subgraphs/monitoring/metrics/record-samples.ts";
import { rollUp } from "#subgraphs/monitoring/metrics/roll-up.ts";
import { recordNodes } from "#subgraphs/scheduler/nodes/nodes.ts";
import { recordTemplates } from "#subgraphs/vms/templates/record-templates.ts";
import { recordVms } from "#subgraphs/vms/vms/record-vms.ts";
import { demoClusters, demoDataset, demoNodes, demoSource, demoVms } from "./fleet.ts";
import { reportingDemoVms } from "./live-vms.ts";
import { demoPrices } from "./price-list.ts";
import { demoSamples, FleetCounters } from "./samples.ts";

const day = 86_400_000;
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
  const scope = { tenantId };
  const counts = { vms: demoVms(tenantId).length, nodes: demoNodes.length };
  const before = await findImport(dbs.monitoring, scope, demoSource);
  if (before?.status === "completed") return { seeded: false, ...counts, samples: 0 };

  await ensurePeople(dbs.auth, { id: tenantId, name: tenantName }, now);
  await Promise.all([
    writeNodes(dbs, tenantId, now),
    writeVms(dbs, tenantId, now),
    addGeneratedPrices(dbs.federation, scope, demoPrices.map(withId)),
  ]);
  await placeVms(dbs, tenantId, now);
  await ensureProviders(dbs, tenantId, {}, now);
  const samples = await writeSamples(dbs, tenantId, now);
  const ofDemo = new Set(demoVms(tenantId).map(({ id }) => id));
  await writeTwins(dbs, tenantId, now, ofDemo);
  await writeHistory(dbs, tenantId, now, ofDemo);
  const progress = { linesDone: 0, written: samples, rejected: 0, traceStart: undefined, traceEnd: undefined };
  await recordProgress(dbs.monitoring, scope, demoSource, progress);
  await endImport(dbs.monitoring, scope, demoSource, "completed");
  if (dbs.monitoringJobs) await rollUp(dbs.monitoringJobs, scope, ["vm", "system"]);
  return { seeded: true, ...counts, samples };
}

const withId = (price: (typeof demoPrices)[number]) => ({
  ...price,
  id: importedId(demoDataset, "price", price.providerType, price.instanceType),
});

async function writeNodes(dbs: FleetDatabases, tenantId: string, now: Date): Promise<void> {
  const nothing = { cpuMillicores: 0, memoryMb: 0, storageGb: 0, networkMbps: 0, gpuCount: 0, gpuMilli: 0 };
  const createdAt = new Date(now.getTime() - 90 * day);
  const clusters = demoClusters.map(({ id, name, gpu, region }) => ({
    id,
    name,
    description: gpu ? "Machines with GPUs" : "Machines for everything",
    clusterType: "kvm",
    version: "9.2",
    config: { region },
    status: "active" as const,
    metadata: { origin: "generated" },
    createdAt,
  }));
  const nodes = demoNodes.map(({ id, name, clusterId, n, gpuModel, capacity, ready }) => {
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
  });
  await recordNodes(dbs.scheduler, { tenantId }, { clusters, nodes }, "keep");
}

async function writeVms(dbs: FleetDatabases, tenantId: string, now: Date): Promise<void> {
  const template = {
    id: importedId(demoDataset, tenantId, "template"),
    name: "debian",
    description: "A small Debian.",
    version: "12",
    ownerId: ownerOf(tenantId, 0),
    baseImage: "debian-12-genericcloud-amd64",
    resourceConfig: { cpuMillicores: 2_000, memoryMb: 4_096, storageGb: 20 },
    tags: { os: "debian" },
    metadata: { origin: "generated" },
    createdAt: new Date(now.getTime() - 90 * day),
  };
  await recordTemplates(dbs.vms, { tenantId }, [template]);
  const vms = demoVms(tenantId).map(({ id, name, n, cpuMillicores, memoryMb, storageGb, tags }) => ({
    id,
    name,
    displayName: `${tags["service"]} ${tags["env"]}`,
    state: n % 20 === 19 ? ("stopped" as const) : ("running" as const),
    hypervisorType: "kvm" as const,
    ownerId: ownerOf(tenantId, n),
    templateId: template.id,
    resourceConfig: { cpuMillicores, memoryMb, storageGb },
    networkConfig: { interfaces: [{ name: "eth0", network: "internal" }] },
    backupConfig: { schedule: "0 2 * * *", keep: 14 },
    tags,
    metadata: { origin: "generated" },
    createdAt: new Date(now.getTime() - 60 * day + n * 6 * 3_600_000),
  }));
  await recordVms(dbs.vms, { tenantId }, vms, "keep");
}

/** Writes a sample every five minutes of the last day, and every minute of its last two hours. */
async function writeSamples(dbs: FleetDatabases, tenantId: string, now: Date): Promise<number> {
  const end = Math.floor(now.getTime() / 60_000) * 60;
  const times: number[] = [];
  for (let time = end - 86_400; time < end - 7_200; time += 300) times.push(time);
  for (let time = end - 7_200; time <= end; time += 60) times.push(time);
  const scope = { tenantId };
  await makeRoom(dbs.monitoring, scope, ["vm_metrics", "system_metrics"], { from: end - 86_400, to: end + 86_400 });
  const fleet = await reportingDemoVms(dbs.vms, tenantId);
  await beginImport(dbs.monitoring, scope, { ...demoSource, shiftSeconds: 0, keepTimes: false });
  return recordSamples(dbs.monitoring, scope, () => demoSamples({ ...fleet, counters: new FleetCounters() }, times));
}
