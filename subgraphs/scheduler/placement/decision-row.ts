import type { RecordedRow } from "#db/record-rows.ts";
import type { schedulingDecisions } from "#db/scheduler/schema/scheduling-decisions.ts";
import { importedId, newId } from "#lib/uuid.ts";
import type { PlacementResult } from "./place.ts";
import type { PlacementCall } from "./placement-call.ts";
import { claimOf, type PlacementRequest } from "./request.ts";

const schedulerVersion = "placement-2";

/** Returns the record of a placement: why a VM is on its node, or why no node has room for it. */
export function decisionRow(
  tenantId: string,
  { vmId, request, result }: { vmId: string; request: PlacementRequest; result: PlacementResult },
  /** The generation of every node that was considered. */
  generations: ReadonlyMap<string, number>,
  now: Date,
): RecordedRow<typeof schedulingDecisions> {
  const { selected, candidates, nearestMiss, rejected } = result;
  return {
    // A VM without room may be retried with more nodes: that is another decision.
    id: importedId("decision", tenantId, vmId, selected?.nodeId ?? `none of ${generations.size}`),
    vmId,
    requestedResources: claimOf(request),
    constraints: {},
    candidateNodes: selected ? candidates : nearestMiss ? [nearestMiss] : [],
    selectedNodeId: selected?.nodeId ?? null,
    decisionAlgorithm: "best-fit",
    decisionScore: selected?.score ?? null,
    decisionFactors: {
      nodesConsidered: generations.size,
      rejected,
      ...(selected ? { generation: generations.get(selected.nodeId) } : {}),
    },
    decisionTime: now,
    schedulerVersion,
    metadata: { origin: "placement" },
  };
}

/** Returns the record of a placement that an operation has requested. Each decision is stored, also of a VM that no node can take. */
export function operationDecisionRow(
  { vmId, operationId, step, request, tags, rules, excludedNodeIds }: PlacementCall,
  {
    result: { selected, candidates, nearestMiss, rejected },
    allocationId,
    nodes,
    conflicts,
  }: {
    result: PlacementResult;
    allocationId: string | null;
    nodes: readonly { id: string; generation: number }[];
    /** How often another claim on the selected node came first. */
    conflicts: number;
  },
) {
  const generation = nodes.find(({ id }) => id === selected?.nodeId)?.generation;
  return {
    id: newId(),
    vmId,
    operationId,
    step,
    allocationId,
    requestedResources: claimOf(request),
    constraints: { tags, rules, excludedNodeIds, gpuModels: request.gpuModels ?? [] },
    candidateNodes: selected ? candidates : nearestMiss ? [nearestMiss] : [],
    selectedNodeId: selected?.nodeId ?? null,
    decisionAlgorithm: "filter-and-score",
    decisionScore: selected?.score ?? null,
    decisionFactors: { nodesConsidered: nodes.length, rejected, conflicts, ...(selected ? { generation } : {}) },
    schedulerVersion,
  } satisfies RecordedRow<typeof schedulingDecisions>;
}
