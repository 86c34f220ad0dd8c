import type { CandidateNode } from "#db/scheduler/schema/scheduling-decisions.ts";
import type { PlacementNode, Reason, Wanted } from "./plugin.ts";
import { reasonText } from "./reason-text.ts";
import { defaultWeights, filters, scores, type Weights } from "./registry.ts";
import { claimOf, type PlacementRequest } from "./request.ts";

export interface PlacementResult {
  /** Null when no node is suitable. */
  selected: { nodeId: string; nodeName: string; score: number } | null;
  /** The five best suitable nodes, best first, with the parts of their scores. The first is the selected node. */
  candidates: CandidateNode[];
  /** Reason → the number of nodes that were rejected for it. A node counts under each of its reasons. */
  rejected: Record<string, number>;
  /** When no node is suitable: the node that lacks the least, with every reason. Null otherwise, and when there are no nodes. */
  nearestMiss: CandidateNode | null;
}

const keptCandidates = 5;
const allFilters = Object.values(filters);
const allScores = Object.entries(scores);

interface Scored {
  node: PlacementNode;
  score: number;
}

/**
 * Selects the node that suits a request best: filters first, then weighted scores from 0 to 100. Nodes with equal scores are ordered by
 * their ids, so that the result does not depend on the order of the nodes. Changes none of its arguments.
 * @throws RangeError when no score has a positive weight
 */
export function place(
  request: PlacementRequest,
  nodes: readonly PlacementNode[],
  weights: Weights = defaultWeights,
): PlacementResult {
  const wanted: Wanted = { request, claim: claimOf(request) };
  const weighted = weightedScores(weights);
  const best: Scored[] = [];
  const rejected: Record<string, number> = {};
  let nearest: { node: PlacementNode; reasons: readonly Reason[]; distance: number } | undefined;

  for (const node of nodes) {
    const reasons = reasonsAgainst(node, wanted);
    if (reasons.length === 0) {
      let score = 0;
      for (const { of, weight } of weighted) score += weight * of(node, wanted);
      keep(best, { node, score });
      continue;
    }
    let distance = 0;
    for (const reason of reasons) {
      rejected[reason.code] = (rejected[reason.code] ?? 0) + 1;
      distance += reason.distance;
    }
    if (!nearest || distance < nearest.distance || (distance === nearest.distance && node.id < nearest.node.id))
      nearest = { node, reasons, distance };
  }

  const [winner] = best;
  return {
    selected: winner ? { nodeId: winner.node.id, nodeName: winner.node.name, score: winner.score } : null,
    candidates: best.map(({ node, score }) => ({
      nodeId: node.id,
      nodeName: node.name,
      feasible: true,
      score,
      scoreParts: Object.fromEntries(weighted.map(({ name, of }) => [name, of(node, wanted)])),
    })),
    rejected,
    nearestMiss: winner || !nearest ? null : missed(nearest.node, nearest.reasons),
  };
}

const none: readonly Reason[] = [];

/** Returns every reason of every filter. Most nodes are rejected by one filter or none, and need no list of their own. */
function reasonsAgainst(node: PlacementNode, wanted: Wanted): readonly Reason[] {
  let all = none;
  for (const filter of allFilters) {
    const reasons = filter(node, wanted);
    if (reasons.length > 0) all = all.length === 0 ? reasons : [...all, ...reasons];
  }
  return all;
}

/** Returns the scores with a positive weight, their weights scaled to a sum of 1. */
function weightedScores(weights: Weights) {
  const counting = allScores.flatMap(([name, of]) => {
    const weight = weights[name as keyof Weights] ?? 0;
    return weight > 0 ? [{ name, of, weight }] : [];
  });
  const sum = counting.reduce((total, { weight }) => total + weight, 0);
  if (!(sum > 0)) throw new RangeError("At least one score needs a positive weight.");
  return counting.map((score) => ({ ...score, weight: score.weight / sum }));
}

/** Inserts a node into the ranking, which stays ordered and limited to `keptCandidates` nodes. */
function keep(best: Scored[], scored: Scored): void {
  let rank = best.length;
  while (rank > 0 && precedes(scored, best[rank - 1] as Scored)) rank -= 1;
  if (rank >= keptCandidates) return;
  best.splice(rank, 0, scored);
  if (best.length > keptCandidates) best.pop();
}

const precedes = (a: Scored, b: Scored): boolean => a.score > b.score || (a.score === b.score && a.node.id < b.node.id);

const missed = (node: PlacementNode, reasons: readonly Reason[]): CandidateNode => ({
  nodeId: node.id,
  nodeName: node.name,
  feasible: false,
  reasons: reasons.map((reason) => reasonText(node.name, reason)),
});
