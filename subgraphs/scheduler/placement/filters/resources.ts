import { type Filter, fits, type PlacementNode, type Reason, reason, type Wanted } from "../plugin.ts";
import { resourceClasses, type ResourceClass } from "#db/scheduler/schema/node-resources.ts";

/** Passes a node that has the requested amount of every resource class. Each class that it is short of is a reason against it. */
export const resources: Filter = (node, { claim }) => {
  let reasons: Reason[] | undefined;
  for (const resource of resourceClasses) {
    const requested = claim[resource];
    if (requested === 0) continue;
    const amount = requested - freeAmount(node, resource);
    if (amount <= 0) continue;
    (reasons ??= []).push({
      code: `insufficient_${resource}`,
      distance: amount / requested,
      shortfall: { resource, amount },
    });
  }
  return reasons ?? fits;
};

/** Passes a node that accepts a claim of this size: within the smallest and largest amount of each class, and a multiple of its step. */
export const claimSize: Filter = ({ allocationRules }, { claim }) => {
  let reasons: readonly Reason[] = fits;
  for (const resource of Object.keys(allocationRules) as ResourceClass[]) {
    const problem = claim[resource] === 0 ? undefined : sizeProblem(allocationRules[resource] ?? {}, claim[resource]);
    if (problem) reasons = [...reasons, ...reason(`size_${resource}`, `accepts no ${problem} of ${resource}`)];
  }
  return reasons;
};

function sizeProblem(
  { min, max, step }: NonNullable<PlacementNode["allocationRules"][ResourceClass]>,
  amount: Wanted["claim"][ResourceClass],
): string | undefined {
  if (min !== undefined && amount < min) return `less than ${min}`;
  if (max !== undefined && amount > max) return `more than ${max}`;
  return step !== undefined && amount % step !== 0 ? `other multiples than of ${step}` : undefined;
}

/**
 * Returns the free amount of a resource: (total - reserved) × ratio, which is the allocatable amount times the ratio, less what is allocated. It is never
 * negative, also when the node came back smaller than its claims.
 * Each claim on a share of a GPU counts that GPU once, so the sum of `gpuCount` does not tell how many are free. The node must have as many GPUs as requested,
 * and `gpuMilli` determines whether there is room on them.
 * NOTE: it is not known here which share is on which GPU. A share may fit into the sum and yet into no single GPU.
 */
function freeAmount(
  { allocatable, allocated, allocationRules }: Pick<PlacementNode, "allocatable" | "allocated" | "allocationRules">,
  resource: ResourceClass,
): number {
  if (resource === "gpuCount") return allocatable.gpuCount;
  const ratio = allocationRules[resource]?.ratio;
  const limit = ratio === undefined ? allocatable[resource] : Math.floor(allocatable[resource] * ratio);
  return Math.max(0, limit - allocated[resource]);
}
