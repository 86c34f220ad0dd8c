import type { Score } from "../plugin.ts";
import { usedShares } from "./used-share.ts";

/**
 * The more evenly the node's resources get used, the better: none of them runs out while the others lie idle. 100 less the
 * standard deviation of the used shares, which is at most one half, on a scale of 100 (Kubernetes' BalancedAllocation doubled).
 */
export const balanced: Score = (node, wanted) => {
  const shares = usedShares(node, wanted);
  if (shares.length === 0) return 100;
  let sum = 0;
  for (const share of shares) sum += share;
  const mean = sum / shares.length;
  let squares = 0;
  for (const share of shares) squares += (share - mean) ** 2;
  return 100 * (1 - 2 * Math.sqrt(squares / shares.length));
};
