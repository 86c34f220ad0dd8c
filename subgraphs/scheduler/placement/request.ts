import type { NodeResources } from "#db/scheduler/schema/node-resources.ts";

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
