import { allocationChanges, schedulingDecisionChanges } from "#db/scheduler/changes.ts";
import type { NodeResources } from "#db/scheduler/schema/node-resources.ts";
import { resourceAllocations } from "#db/scheduler/schema/resource-allocations.ts";
import { schedulingDecisions } from "#db/scheduler/schema/scheduling-decisions.ts";
import { claimsOfVms, lockPlacementNodes, setAllocated } from "#db/scheduler/fleet-writes.ts";
import { upsert } from "#db/upsert.ts";
import { type FleetVm, fleetVms, setNodesOfVms } from "#db/vms/fleet-writes.ts";
import { importedId } from "#lib/uuid.ts";
import { placeFleet } from "#subgraphs/scheduler/placement/place-fleet.ts";
import { claimOf } from "#subgraphs/scheduler/placement/request.ts";
import type { FleetDatabases } from "./fleet.ts";

export interface Placed {
  placed: number;
  /** The number of VMs for which no node had room. A decision gives the reason. */
  unplaced: number;
}

const schedulerVersion = "placement-1";

/**
 * Places every VM of the tenant that is on no node on one that has room. One transaction writes claims, decisions and the allocated amounts of nodes; then the
 * VMs' nodes are set. After an interruption in between, the next call finds the claims and only sets the nodes. Does nothing while there are no nodes, so that
 * VMs and nodes may be imported in any order.
 */
export async function placeVms(dbs: FleetDatabases, tenantId: string, now: Date): Promise<Placed> {
  const waiting = (await dbs.vms.write({ tenantId }, fleetVms)).filter(({ nodeId }) => nodeId === null);
  if (waiting.length === 0) return { placed: 0, unplaced: 0 };
  const places = await claim(dbs, tenantId, waiting, now);
  const placed = places.size === 0 ? 0 : await dbs.vms.write({ tenantId }, (tx) => setNodesOfVms(tx, places));
  return { placed, unplaced: waiting.length - places.size };
}

/** Returns VM → node, for those that have a claim in the end. */
async function claim(
  dbs: FleetDatabases,
  tenantId: string,
  waiting: FleetVm[],
  now: Date,
): Promise<Map<string, string>> {
  return dbs.scheduler.write({ tenantId }, async (tx) => {
    const nodes = await lockPlacementNodes(tx);
    if (nodes.length === 0) return new Map<string, string>();
    const places = await claimsOfVms(
      tx,
      waiting.map(({ id }) => id),
    );
    const wanting = waiting.filter(({ id }) => !places.has(id));
    // The largest first: the remaining gaps still hold the small ones.
    wanting.sort(
      (a, b) =>
        b.resourceConfig.memoryMb - a.resourceConfig.memoryMb || (a.name < b.name ? -1 : a.name > b.name ? 1 : 0),
    );
    const requests = new Map(wanting.map(({ id, resourceConfig }) => [id, resourceConfig]));
    const { placements, allocated } = placeFleet(
      wanting.map(({ id, resourceConfig }) => ({ id, request: resourceConfig })),
      nodes,
    );
    const generationOf = new Map(nodes.map(({ id, generation }) => [id, generation]));

    const claims = placements.flatMap(({ vmId, result }) => {
      const request = requests.get(vmId);
      if (!result.selected || !request) return [];
      places.set(vmId, result.selected.nodeId);
      const wanted = claimOf(request);
      return [
        {
          id: importedId("placement", tenantId, vmId, result.selected.nodeId),
          tenantId,
          vmId,
          nodeId: result.selected.nodeId,
          allocationType: "guaranteed" as const,
          cpuMillicores: wanted.cpuMillicores,
          memoryMb: wanted.memoryMb,
          storageGb: wanted.storageGb,
          networkBandwidthMbps: wanted.networkMbps,
          gpuCount: wanted.gpuCount,
          gpuMilli: wanted.gpuMilli,
          allocatedAt: now,
          status: "active" as const,
          metadata: { origin: "placement" },
        },
      ];
    });
    await upsert(tx, resourceAllocations, claims, { onConflict: ["id"], update: "none", emits: allocationChanges });
    await upsert(
      tx,
      schedulingDecisions,
      placements.map(({ vmId, result }) => ({
        // A VM without room may be retried with more nodes: that is another decision.
        id: importedId("decision", tenantId, vmId, result.selected?.nodeId ?? `none of ${nodes.length}`),
        tenantId,
        vmId,
        requestedResources: claimOf(requests.get(vmId) ?? { cpuMillicores: 0, memoryMb: 0 }),
        constraints: {},
        candidateNodes: result.selected ? result.candidates : result.nearestMiss ? [result.nearestMiss] : [],
        selectedNodeId: result.selected?.nodeId ?? null,
        decisionAlgorithm: "best-fit",
        decisionScore: result.selected?.score ?? null,
        decisionFactors: {
          nodesConsidered: nodes.length,
          rejected: result.rejected,
          ...(result.selected ? { generation: generationOf.get(result.selected.nodeId) } : {}),
        },
        decisionTime: now,
        schedulerVersion,
        metadata: { origin: "placement" },
      })),
      { onConflict: ["id"], update: "none", emits: schedulingDecisionChanges },
    );
    const touched = new Set(claims.map(({ nodeId }) => nodeId));
    const set = nodes
      .filter(({ id }) => touched.has(id))
      .map(({ id, generation }) => ({ id, generation, allocated: allocated.get(id) as NodeResources }));
    if (set.length > 0 && (await setAllocated(tx, set)) !== set.length) {
      throw new Error("Nodes changed while VMs were placed on them.");
    }
    return places;
  });
}
