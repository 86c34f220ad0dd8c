import { gpuModel } from "./filters/gpu-model.ts";
import { nodeStatus } from "./filters/node-status.ts";
import { resources } from "./filters/resources.ts";
import type { Filter, Score } from "./plugin.ts";
import { balanced } from "./scores/balanced.ts";
import { bestFit } from "./scores/best-fit.ts";

/** All filters. A node must pass each of them. All filters are applied, even after one has failed, so that all reasons are known. */
export const filters: Readonly<Record<string, Filter>> = { nodeStatus, resources, gpuModel };

/** All scores. A policy defines the weight of each of them. */
export const scores = { bestFit, balanced } satisfies Readonly<Record<string, Score>>;

/** The weight of each score, relative to the others. A score without a weight does not count. */
export type Weights = Readonly<Partial<Record<keyof typeof scores, number>>>;

export const defaultWeights: Weights = { bestFit: 2, balanced: 1 };
