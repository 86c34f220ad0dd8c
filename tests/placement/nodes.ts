import { type NodeResources, noResources } from "#db/scheduler/schema/node-resources.ts";
import type { PlacementNode } from "#subgraphs/scheduler/placement/plugin.ts";

export const machine: NodeResources = {
  ...noResources,
  cpuMillicores: 16_000,
  memoryMb: 65_536,
  storageGb: 1_000,
  networkMbps: 10_000,
};

export interface GivenNode extends Partial<Omit<PlacementNode, "allocated">> {
  id: string;
  allocated?: Partial<NodeResources>;
}

/** Returns a node that is ready and empty, unless more is given. */
export const node = ({ allocated, ...given }: GivenNode): PlacementNode => ({
  name: given.id,
  status: "ready",
  region: null,
  availabilityZone: null,
  allocatable: machine,
  allocationRules: {},
  inventoriedAt: new Date(0),
  lastHeartbeat: null,
  heartbeatTimeoutSeconds: null,
  gpuModel: null,
  labels: {},
  taints: [],
  ...given,
  allocated: { ...noResources, ...allocated },
});
