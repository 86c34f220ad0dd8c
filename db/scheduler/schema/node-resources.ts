/** Amounts of every resource class, of a node or of the claims on it. */
export interface NodeResources {
  /** Thousandths of a core. */
  cpuMillicores: number;
  memoryMb: number;
  storageGb: number;
  networkMbps: number;
  /** The number of GPUs of which at least a part is meant. */
  gpuCount: number;
  /** Thousandths of a GPU over all GPUs: 500 is half of one, 2000 is two. */
  gpuMilli: number;
}

export type ResourceClass = keyof NodeResources;

/** Every resource class, in the order in which reasons name them. */
export const resourceClasses = [
  "cpuMillicores",
  "memoryMb",
  "storageGb",
  "networkMbps",
  "gpuCount",
  "gpuMilli",
] as const satisfies readonly ResourceClass[];

/** Returns the amounts that a function makes of those of each class. */
export const eachClass = (amountOf: (resource: ResourceClass) => number): NodeResources => ({
  cpuMillicores: amountOf("cpuMillicores"),
  memoryMb: amountOf("memoryMb"),
  storageGb: amountOf("storageGb"),
  networkMbps: amountOf("networkMbps"),
  gpuCount: amountOf("gpuCount"),
  gpuMilli: amountOf("gpuMilli"),
});

/** Returns the sum of two amounts of each class. */
export const plus = (one: NodeResources, other: NodeResources): NodeResources =>
  eachClass((resource) => one[resource] + other[resource]);

/** Returns what is left of each class when other amounts are taken away; it may be negative. */
export const minus = (one: NodeResources, other: NodeResources): NodeResources =>
  eachClass((resource) => one[resource] - other[resource]);

export const noResources: NodeResources = eachClass(() => 0);

/** The shape of a Kubernetes taint: VMs that do not tolerate it are not placed on the node. */
export interface Taint {
  key: string;
  value?: string;
  effect: "NoSchedule" | "PreferNoSchedule" | "NoExecute";
}

/** Limits of the claims on a node for one resource class, as OpenStack Placement has them. What is absent limits nothing. */
export interface AllocationRule {
  /** How often the allocatable amount may be claimed: 4 for four virtual cores on each core. Claims fit up to allocatable × ratio. */
  ratio?: number;
  /** The smallest and the largest amount of one claim that claims any. */
  min?: number;
  max?: number;
  /** The amount of each claim is a multiple of it. */
  step?: number;
}

export type AllocationRules = Partial<Record<ResourceClass, AllocationRule>>;
