import type { Score } from "../plugin.ts";
import { usedShares } from "./used-share.ts";

/** The fuller the node gets, the better (Kubernetes' MostAllocated): large gaps stay whole for large VMs. */
export const bestFit: Score = (node, wanted) => {
  const shares = usedShares(node, wanted);
  if (shares.length === 0) return 0;
  let sum = 0;
  for (const share of shares) sum += share;
  return (100 * sum) / shares.length;
};
