import { type NodeResources, plus } from "#db/scheduler/schema/node-resources.ts";
import type { CandidateNode } from "#db/scheduler/schema/scheduling-decisions.ts";
import type { AppliedRules } from "../rules/applied-rules.ts";
import { type Rule, ruleTypes, type Tags } from "../rules/rule-language.ts";
import { groupsOf, type PlacedVm } from "./groups.ts";
import { type Filter, fits, type PlacementNode, type Reason, type RulesByType, type Wanted } from "./plugin.ts";
import { reasonText } from "./reason-text.ts";
import { defaultWeights, filters, nodeFilters, scores, type Weights } from "./registry.ts";
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
const allFilters: readonly Filter[] = Object.values(filters);
const ofNodes: readonly Filter[] = Object.values(nodeFilters);
const allScores = Object.entries(scores);

interface Scored {
  node: PlacementNode;
  score: number;
}

/** What decides about a placement in addition to the request and the nodes. */
export interface PlacementOptions {
  /** The weights of the scores. They apply unless a rule has weights. */
  weights?: Weights;
  applied?: AppliedRules;
  /** The tags of the VM. */
  tags?: Tags;
  /** The other VMs that rules about groups can be about. */
  others?: readonly PlacedVm[];
  excludedNodeIds?: readonly string[];
  preferredNodeId?: string | undefined;
  now?: Date;
}

/**
 * Selects the node that suits a request best: filters first, then weighted scores from 0 to 100. Nodes with equal scores are ordered by
 * their ids, so that the result does not depend on the order of the nodes. Changes none of its arguments.
 * @throws RangeError when no score has a positive weight
 */
export function place(
  request: PlacementRequest,
  nodes: readonly PlacementNode[],
  options: PlacementOptions = {},
): PlacementResult {
  const wanted = wantedOf(request, nodes, options);
  const weighted = weightedScores(wanted.rules.weights[0] ?? options.weights ?? defaultWeights);
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
    reasons.forEach(({ code, distance: missing }, at) => {
      distance += missing;
      if (reasons.findIndex((earlier) => earlier.code === code) === at) rejected[code] = (rejected[code] ?? 0) + 1;
    });
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

const noRules: AppliedRules = { rules: [], repelledBy: [] };

function wantedOf(request: PlacementRequest, nodes: readonly PlacementNode[], options: PlacementOptions): Wanted {
  const {
    applied = noRules,
    tags = {},
    others = [],
    excludedNodeIds = [],
    preferredNodeId,
    now = new Date(),
  } = options;
  const alone: Wanted = {
    request,
    claim: claimOf(request),
    rules: byType(applied.rules),
    groups: [],
    excludedNodeIds: new Set(excludedNodeIds),
    preferredNodeId,
    now: now.getTime(),
  };
  const isEligible = (node: PlacementNode) => ofNodes.every((filter) => filter(node, alone).length === 0);
  return { ...alone, groups: groupsOf({ applied, tags, others, nodes, isEligible }) };
}

function byType(rules: readonly Rule[]): RulesByType {
  const sorted = Object.fromEntries(ruleTypes.map((type) => [type, [] as Rule[]])) as Record<Rule["type"], Rule[]>;
  for (const rule of rules) sorted[rule.type].push(rule);
  // Each list has the rules of its own type.
  return sorted as unknown as RulesByType;
}

/** Returns the reasons why a claim on a node cannot grow: what is added has to fit, and the claim has to have a size that the node accepts. */
export function reasonsAgainstGrowth(
  node: PlacementNode,
  before: NodeResources,
  added: NodeResources,
): readonly Reason[] {
  const wanted = wantedOf({ cpuMillicores: 0, memoryMb: 0 }, [], {});
  return [
    ...filters.resources(node, { ...wanted, claim: added }),
    ...filters.claimSize(node, { ...wanted, claim: plus(before, added) }),
  ];
}

/** Returns every reason of every filter. Most nodes are rejected by one filter or none, and need no list of their own. */
function reasonsAgainst(node: PlacementNode, wanted: Wanted): readonly Reason[] {
  let all = fits;
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
