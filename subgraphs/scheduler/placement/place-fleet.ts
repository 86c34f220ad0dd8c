import type { NodeResources } from "#db/scheduler/schema/node-resources.ts";
import { place, type PlacementResult } from "./place.ts";
import type { PlacementNode } from "./plugin.ts";
import type { Weights } from "./registry.ts";
import { claimOf, type PlacementRequest, plus } from "./request.ts";

export interface FleetPlacement {
  /** One entry for each VM, in the order of the VMs. */
  placements: { vmId: string; result: PlacementResult }[];
  /** Node id → the resources claimed on the node after the last placement, for every node. */
  allocated: Map<string, NodeResources>;
}

/**
 * Places VMs one after the other, each on the resources that the VMs before it left free. The same VMs in the same order on the same
 * nodes get the same placements. The time is proportional to VMs × nodes. Changes neither the VMs nor the nodes.
 */
export function placeFleet(
  vms: Iterable<{ id: string; request: PlacementRequest }>,
  nodes: readonly PlacementNode[],
  weights?: Weights,
): FleetPlacement {
  const fleet = nodes.map((node) => ({ ...node }));
  const byId = new Map(fleet.map((node) => [node.id, node]));
  const placements: FleetPlacement["placements"] = [];
  for (const { id, request } of vms) {
    const result = place(request, fleet, weights);
    const node = result.selected && byId.get(result.selected.nodeId);
    if (node) node.allocated = plus(node.allocated, claimOf(request));
    placements.push({ vmId: id, result });
  }
  return { placements, allocated: new Map(fleet.map((node) => [node.id, node.allocated])) };
}
