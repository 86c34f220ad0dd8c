import type { PlacementNode, Wanted } from "../plugin.ts";
import type { ResourceClass } from "../request.ts";

const classes: readonly ResourceClass[] = ["cpuMillicores", "memoryMb", "gpuMilli"];

/**
 * Which part of its cores, memory and GPUs a node would have in use with the claim on it, each from 0 to 1; classes that the node
 * has not are left out. GPUs count whether the claim asks for them or not: a VM that needs none suits a node with idle ones worse.
 */
export function usedShares({ allocatable, allocated }: PlacementNode, { claim }: Wanted): number[] {
  const shares: number[] = [];
  for (const resource of classes) {
    const has = allocatable[resource];
    if (has > 0) shares.push(Math.min(1, (allocated[resource] + claim[resource]) / has));
  }
  return shares;
}
