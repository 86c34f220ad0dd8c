import { excluded } from "./filters/excluded.ts";
import { gpuModel } from "./filters/gpu-model.ts";
import { groups } from "./filters/groups.ts";
import { heartbeat } from "./filters/heartbeat.ts";
import { hypervisor } from "./filters/hypervisor.ts";
import { inventory } from "./filters/inventory.ts";
import { labels } from "./filters/labels.ts";
import { location } from "./filters/location.ts";
import { nodeStatus } from "./filters/node-status.ts";
import { pinned } from "./filters/pinned.ts";
import { claimSize, resources } from "./filters/resources.ts";
import { taints } from "./filters/taints.ts";
import type { Filter, Score } from "./plugin.ts";
import { balanced } from "./scores/balanced.ts";
import { bestFit } from "./scores/best-fit.ts";
import { leastUsed } from "./scores/least-used.ts";
import { preference } from "./scores/preference.ts";

/** The filters of what the node is. Where VMs are to be spread, only domains with a node that passes them count. */
export const nodeFilters = {
  inventory,
  nodeStatus,
  heartbeat,
  excluded,
  taints,
  labels,
  pinned,
  location,
  hypervisor,
  gpuModel,
} satisfies Readonly<Record<string, Filter>>;

/** All filters. A node must pass each of them. All filters are applied, even after one has failed, so that all reasons are known. */
export const filters = { ...nodeFilters, claimSize, resources, groups } satisfies Readonly<Record<string, Filter>>;

/** All scores. A policy defines the weight of each of them. */
export const scores = { bestFit, balanced, leastUsed, preference } satisfies Readonly<Record<string, Score>>;

/** The weight of each score, relative to the others. A score without a weight does not count. */
export type Weights = Readonly<Partial<Record<keyof typeof scores, number>>>;

/** What is preferred weighs more than all else together: a preferred node is selected whenever it is suitable, and one to be avoided only when no other is. */
export const defaultWeights: Weights = { bestFit: 2, balanced: 1, preference: 7 };
