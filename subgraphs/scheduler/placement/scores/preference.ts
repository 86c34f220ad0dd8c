import { hasLabel } from "../filters/labels.ts";
import { isTolerated } from "../filters/taints.ts";
import type { PlacementNode, RuleOf, Score } from "../plugin.ts";

/**
 * Scores what is preferred: 100 for the preferred node, 0 for a node with a taint PreferNoSchedule that the VM does not tolerate, and 50 for others. Each rule
 * `prefer` that a node meets brings it nearer to 100.
 */
export const preference: Score = (node, wanted) => {
  if (node.id === wanted.preferredNodeId) return 100;
  if (node.taints.some((taint) => taint.effect === "PreferNoSchedule" && !isTolerated(taint, wanted))) return 0;
  const { prefer } = wanted.rules;
  if (prefer.length === 0) return 50;
  return 50 + (50 * prefer.filter((rule) => isPreferred(node, rule)).length) / prefer.length;
};

const isPreferred = (node: PlacementNode, { nodeIds, labels }: RuleOf<"prefer">): boolean =>
  (nodeIds?.includes(node.id) ?? false) || (labels?.every((label) => hasLabel(node, label)) ?? false);
