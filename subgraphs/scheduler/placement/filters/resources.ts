import type { Filter, PlacementNode, Reason } from "../plugin.ts";
import { resourceClasses, type ResourceClass } from "../request.ts";

const enough: readonly Reason[] = [];

/** Passes a node that has the requested amount of every resource class. Each class that it is short of is a reason against it. */
export const resources: Filter = (node, { claim }) => {
  let reasons: Reason[] | undefined;
  for (const resource of resourceClasses) {
    const requested = claim[resource];
    if (requested === 0) continue;
    const amount = requested - free(node, resource);
    if (amount <= 0) continue;
    (reasons ??= []).push({
      code: `insufficient_${resource}`,
      distance: amount / requested,
      shortfall: { resource, amount },
    });
  }
  return reasons ?? enough;
};

/**
 * Returns the free amount of a resource. Each claim on a share of a GPU counts that GPU once, so the sum of `gpuCount` does not tell
 * how many are free. The node must have as many GPUs as requested, and `gpuMilli` determines whether there is room on them.
 * NOTE: it is not known here which share is on which GPU. A share may fit into the sum and yet into no single GPU.
 */
function free({ allocatable, allocated }: PlacementNode, resource: ResourceClass): number {
  return resource === "gpuCount" ? allocatable.gpuCount : allocatable[resource] - allocated[resource];
}
