import type { NodeResources } from "#db/scheduler/schema/node-resources.ts";

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

/** What a VM asks for. What it does not say is not asked for. */
export interface PlacementRequest {
  /** Thousandths of a core. */
  cpuMillicores: number;
  memoryMb: number;
  storageGb?: number;
  networkMbps?: number;
  /** GPUs of which at least a part is meant. */
  gpuCount?: number;
  /** Thousandths of a GPU over all GPUs; all of every GPU when only `gpuCount` is given. */
  gpuMilli?: number;
  /** The GPU models that will do; any when empty or absent. */
  gpuModels?: readonly string[];
}

/** What a request takes from a node, in every resource class. */
export function claimOf(request: PlacementRequest): NodeResources {
  const gpuMilli = request.gpuMilli ?? (request.gpuCount ?? 0) * 1000;
  return {
    cpuMillicores: request.cpuMillicores,
    memoryMb: request.memoryMb,
    storageGb: request.storageGb ?? 0,
    networkMbps: request.networkMbps ?? 0,
    gpuCount: request.gpuCount ?? Math.ceil(gpuMilli / 1000),
    gpuMilli,
  };
}

/** What is claimed on a node once a further claim is. */
export function plus(allocated: NodeResources, claim: NodeResources): NodeResources {
  return {
    cpuMillicores: allocated.cpuMillicores + claim.cpuMillicores,
    memoryMb: allocated.memoryMb + claim.memoryMb,
    storageGb: allocated.storageGb + claim.storageGb,
    networkMbps: allocated.networkMbps + claim.networkMbps,
    gpuCount: allocated.gpuCount + claim.gpuCount,
    gpuMilli: allocated.gpuMilli + claim.gpuMilli,
  };
}
