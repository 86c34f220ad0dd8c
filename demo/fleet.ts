import type { NodeResources } from "#db/scheduler/schema/node-resources.ts";
import { importedId } from "#lib/uuid.ts";
import { noise } from "#import/seeded-random.ts";

export const demoDataset = "demo";
/** The seeding of the demo fleet, as an import. */
export const demoSource = { dataset: demoDataset, sourceFingerprint: "seed-1" };
const demoVmCount = 60;
const demoNodeCount = 12;

export interface DemoVm {
  id: string;
  name: string;
  /** The VM's place in the fleet, which determines its load. */
  n: number;
  cpuMillicores: number;
  memoryMb: number;
  storageGb: number;
  tags: Record<string, string>;
}

const services = ["web", "api", "batch", "db", "cache", "build"] as const;
const environments = ["prod", "prod", "staging", "dev"] as const;

/** Returns the VMs of a tenant, the same at every start. */
export const demoVms = (tenantId: string): DemoVm[] =>
  Array.from({ length: demoVmCount }, (_, n) => {
    const service = services[n % services.length] as string;
    const cores = [1, 2, 2, 4, 8][Math.floor(noise(n, 20) * 5)] as number;
    return {
      id: importedId(demoDataset, tenantId, "vm", n),
      name: `${service}-${String(Math.floor(n / services.length) + 1).padStart(2, "0")}`,
      n,
      // A few request a part of a core.
      cpuMillicores: n % 11 === 5 ? 500 : cores * 1000,
      memoryMb: cores * [2048, 4096, 8192][Math.floor(noise(n, 21) * 3)]!,
      storageGb: 20 + Math.floor(noise(n, 22) * 180),
      tags: { env: environments[n % environments.length] as string, service },
    };
  });

export interface DemoNode {
  id: string;
  name: string;
  clusterId: string;
  n: number;
  gpuModel: string | null;
  capacity: NodeResources;
  ready: boolean;
}

export const demoClusters = [
  { id: importedId(demoDataset, "cluster", "general"), name: "demo-general", region: "eu-central", gpu: false },
  { id: importedId(demoDataset, "cluster", "gpu"), name: "demo-gpu", region: "eu-north", gpu: true },
] as const;

/** Nodes belong to no tenant: the demo fleets of all tenants are on the same ones. */
export const demoNodes: readonly DemoNode[] = Array.from({ length: demoNodeCount }, (_, n) => {
  const gpu = n >= 8;
  const cluster = demoClusters[gpu ? 1 : 0];
  return {
    id: importedId(demoDataset, "node", n),
    name: `${cluster.name}-${String((gpu ? n - 8 : n) + 1).padStart(2, "0")}`,
    clusterId: cluster.id,
    n,
    gpuModel: gpu ? "T4" : null,
    capacity: {
      cpuMillicores: 48_000,
      memoryMb: 196_608,
      storageGb: 4_000,
      networkMbps: 10_000,
      gpuCount: gpu ? 2 : 0,
      gpuMilli: gpu ? 2_000 : 0,
    },
    // One node is under repair, so that a status filter and a placement reason have an example.
    ready: n !== 7,
  };
});
