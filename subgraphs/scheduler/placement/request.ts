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

/** The resources that a VM requests. Resources that are absent are not requested. */
export interface PlacementRequest {
  /** Thousandths of a core. */
  cpuMillicores: number;
  memoryMb: number;
  storageGb?: number;
  networkMbps?: number;
  /** The number of GPUs that are requested at least in part. */
  gpuCount?: number;
  /** Thousandths of a GPU over all GPUs; all of every GPU when only `gpuCount` is given. */
  gpuMilli?: number;
  /** The GPU models that are acceptable; any when empty or absent. */
  gpuModels?: readonly string[];
}

/** Returns the resources that a request takes from a node, in every resource class. */
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

/** Returns the resources claimed on a node after a further claim. */
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
