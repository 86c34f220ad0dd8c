import type { Score } from "../plugin.ts";
import { bestFit } from "./best-fit.ts";

/** Scores a node higher the emptier it would be (Kubernetes' LeastAllocated), so that VMs spread over the nodes. */
export const leastUsed: Score = (node, wanted) => 100 - bestFit(node, wanted);
