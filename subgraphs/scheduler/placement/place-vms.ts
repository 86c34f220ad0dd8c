import type { Database, Scope } from "#db/client.ts";
import { claimsOfVms, type FleetNode, lockPlacementNodes, setAllocated } from "#db/scheduler/fleet-writes.ts";
import { addAllocations, addSchedulingDecisions } from "#db/scheduler/record-writes.ts";
import type { NodeResources } from "#db/scheduler/schema/node-resources.ts";
import { claimRow } from "../allocations/claim-row.ts";
import { decisionRow } from "./decision-row.ts";
import { placeFleet } from "./place-fleet.ts";
import type { PlacementRequest } from "./request.ts";

/** A VM that is on no node. */
export interface WaitingVm {
  id: string;
  name: string;
  request: PlacementRequest;
}

/**
 * Places VMs on nodes that have room. One transaction writes claims, decisions and the allocated amounts of the nodes. A VM that already holds a claim keeps it.
 * Does nothing while there are no nodes.
 * @returns the node of each VM that holds a claim in the end; a decision gives the reason where a VM is missing
 */
export const placeVms = (
  database: Database,
  scope: Scope,
  waiting: readonly WaitingVm[],
  now: Date,
): Promise<Map<string, string>> =>
  database.write(scope, async (tx) => {
    const nodes = await lockPlacementNodes(tx);
    if (nodes.length === 0) return new Map<string, string>();
    const places = await claimsOfVms(
      tx,
      waiting.map(({ id }) => id),
    );
    const unclaimed = waiting.filter(({ id }) => !places.has(id)).toSorted(largestFirst);
    const requestOf = new Map(unclaimed.map(({ id, request }) => [id, request]));
    const { placements, allocated } = placeFleet(unclaimed, nodes);
    const decided = placements.flatMap(({ vmId, result }) => {
      const request = requestOf.get(vmId);
      return request ? [{ vmId, result, request }] : [];
    });
    const claims = decided.flatMap(({ vmId, result, request }) =>
      result.selected ? [claimRow(tx.tenantId, { vmId, nodeId: result.selected.nodeId, request }, now)] : [],
    );
    for (const { vmId, nodeId } of claims) places.set(vmId, nodeId);
    await addAllocations(tx, claims);
    const generations = new Map(nodes.map(({ id, generation }) => [id, generation]));
    await addSchedulingDecisions(
      tx,
      decided.map((decision) => decisionRow(tx.tenantId, decision, generations, now)),
    );
    const changed = amountsOf(nodes, new Set(claims.map(({ nodeId }) => nodeId)), allocated);
    if (changed.length > 0 && (await setAllocated(tx, changed)) !== changed.length)
      throw new Error("Nodes changed while VMs were placed on them.");
    return places;
  });

/** The remaining gaps still hold the small ones. */
const largestFirst = (a: WaitingVm, b: WaitingVm): number =>
  b.request.memoryMb - a.request.memoryMb || (a.name < b.name ? -1 : a.name > b.name ? 1 : 0);

const amountsOf = (
  nodes: readonly FleetNode[],
  touched: ReadonlySet<string>,
  allocated: ReadonlyMap<string, NodeResources>,
) =>
  nodes.flatMap(({ id, generation }) => {
    const amount = allocated.get(id);
    return touched.has(id) && amount ? [{ id, generation, allocated: amount }] : [];
  });
