import { type NodeResources, plus } from "#db/scheduler/schema/node-resources.ts";
import { appliedRules, type PlacementPolicy } from "../rules/applied-rules.ts";
import type { Tags } from "../rules/rule-language.ts";
import type { PlacedVm } from "./groups.ts";
import { place, type PlacementResult } from "./place.ts";
import type { PlacementNode } from "./plugin.ts";
import { claimOf, type PlacementRequest } from "./request.ts";

export interface FleetPlacement {
  /** One entry for each VM, in the order of the VMs. */
  placements: { vmId: string; result: PlacementResult }[];
  /** Node id → the resources claimed on the node after the last placement, for every node. */
  allocated: Map<string, NodeResources>;
}

export interface FleetOptions {
  /** The placement policies of the VMs' tenant. */
  policies?: readonly PlacementPolicy[];
  /** The VMs that are on nodes already. */
  others?: readonly PlacedVm[];
  now?: Date;
}

/**
 * Places VMs one after the other, each on the resources that the VMs before it left free. The same VMs in the same order on the same
 * nodes get the same placements. The time is proportional to VMs × nodes. Changes neither the VMs nor the nodes.
 */
export function placeFleet(
  vms: Iterable<{ id: string; request: PlacementRequest; tags?: Tags }>,
  nodes: readonly PlacementNode[],
  { policies = [], others = [], now = new Date() }: FleetOptions = {},
): FleetPlacement {
  const fleet = nodes.map((node) => ({ ...node }));
  const byId = new Map(fleet.map((node) => [node.id, node]));
  const placed = [...others];
  const placements: FleetPlacement["placements"] = [];
  for (const { id, request, tags = {} } of vms) {
    const applied = appliedRules([], policies, tags);
    const result = place(request, fleet, { applied, tags, others: placed, now });
    const node = result.selected && byId.get(result.selected.nodeId);
    if (node) {
      node.allocated = plus(node.allocated, claimOf(request));
      placed.push({ nodeId: node.id, tags, isLeaving: false, antiAffinity: [] });
    }
    placements.push({ vmId: id, result });
  }
  return { placements, allocated: new Map(fleet.map((node) => [node.id, node.allocated])) };
}
