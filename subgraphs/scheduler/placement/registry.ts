import { gpuModel } from "./filters/gpu-model.ts";
import { nodeStatus } from "./filters/node-status.ts";
import { resources } from "./filters/resources.ts";
import type { Filter, Score } from "./plugin.ts";
import { balanced } from "./scores/balanced.ts";
import { bestFit } from "./scores/best-fit.ts";

/** All filters. A node has to pass each of them, and each of them is asked, so that all reasons are known. */
export const filters: Readonly<Record<string, Filter>> = { nodeStatus, resources, gpuModel };

/** All scores; a policy says how much each of them counts. */
export const scores = { bestFit, balanced } satisfies Readonly<Record<string, Score>>;

/** How much each score counts, relative to the others. A score without a weight does not count. */
export type Weights = Readonly<Partial<Record<keyof typeof scores, number>>>;

export const defaultWeights: Weights = { bestFit: 2, balanced: 1 };
