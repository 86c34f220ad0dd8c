import type { PlacementNode, Wanted } from "../plugin.ts";
import type { ResourceClass } from "#db/scheduler/schema/node-resources.ts";

const classes: readonly ResourceClass[] = ["cpuMillicores", "memoryMb", "gpuMilli"];

/**
 * Returns the shares of its cores, memory and GPUs that a node would have in use with the claim on it, each from 0 to 1. Classes that the
 * node lacks are left out. GPUs count even when the claim requests none: a VM without GPUs suits a node with idle GPUs worse.
 */
export function usedShares({ allocatable, allocated }: PlacementNode, { claim }: Wanted): number[] {
  const shares: number[] = [];
  for (const resource of classes) {
    const has = allocatable[resource];
    if (has > 0) shares.push(Math.min(1, (allocated[resource] + claim[resource]) / has));
  }
  return shares;
}
