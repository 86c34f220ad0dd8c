import type { Filter, PlacementNode, Reason } from "../plugin.ts";
import { resourceClasses, type ResourceClass } from "../request.ts";

const enough: readonly Reason[] = [];

/** The node has what is asked for, in every class; each class that it is short of is a reason. */
export const resources: Filter = (node, { claim }) => {
  let reasons: Reason[] | undefined;
  for (const resource of resourceClasses) {
    const asked = claim[resource];
    if (asked === 0) continue;
    const amount = asked - free(node, resource);
    if (amount <= 0) continue;
    (reasons ??= []).push({
      code: `insufficient_${resource}`,
      distance: amount / asked,
      shortfall: { resource, amount },
    });
  }
  return reasons ?? enough;
};

/**
 * Claims on shares of one GPU count it once each, so that the sum of `gpuCount` says nothing of what is free: the node must have as
 * many GPUs, and `gpuMilli` says whether there is room on them.
 * NOTE: which share is on which GPU is not known here; a share may fit the sum and no single GPU.
 */
function free({ allocatable, allocated }: PlacementNode, resource: ResourceClass): number {
  return resource === "gpuCount" ? allocatable.gpuCount : allocatable[resource] - allocated[resource];
}
