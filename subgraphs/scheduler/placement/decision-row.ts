import type { RecordedRow } from "#db/record-rows.ts";
import type { schedulingDecisions } from "#db/scheduler/schema/scheduling-decisions.ts";
import { importedId } from "#lib/uuid.ts";
import type { PlacementResult } from "./place.ts";
import { claimOf, type PlacementRequest } from "./request.ts";

const schedulerVersion = "placement-1";

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
