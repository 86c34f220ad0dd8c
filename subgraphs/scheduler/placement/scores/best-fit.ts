import type { Score } from "../plugin.ts";
import { usedShares } from "./used-share.ts";

/** Scores a node higher the fuller it would be (Kubernetes' MostAllocated), so that large gaps remain for large VMs. */
export const bestFit: Score = (node, wanted) => {
  const shares = usedShares(node, wanted);
  if (shares.length === 0) return 0;
  let sum = 0;
  for (const share of shares) sum += share;
  return (100 * sum) / shares.length;
};
