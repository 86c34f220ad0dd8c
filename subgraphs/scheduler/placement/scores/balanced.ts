import type { Score } from "../plugin.ts";
import { usedShares } from "./used-share.ts";

/**
 * Scores a node higher the more evenly its resources would be used, so that none of them runs out while the others are idle. The score is
 * 100 minus the standard deviation of the used shares, which is at most one half, scaled to 100 (Kubernetes' BalancedAllocation doubled).
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
