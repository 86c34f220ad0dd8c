import type { NodeResources } from "#db/scheduler/schema/node-resources.ts";
import type { NodeRow } from "#db/scheduler/schema/nodes.ts";
import type { PlacementRequest, ResourceClass } from "./request.ts";

/** The fields of a node that placement uses. A row of `nodes` has them. */
export type PlacementNode = Pick<NodeRow, "id" | "name" | "status" | "allocatable" | "allocated" | "gpuModel">;

/** A request with the resources that it claims, computed once for all nodes. */
export interface Wanted {
  request: PlacementRequest;
  claim: NodeResources;
}

/** One reason why a node is not suitable. */
export interface Reason {
  /** The code by which rejected nodes are counted, such as `insufficient_memoryMb` or `status_maintenance`. */
  code: string;
  /** The share of the request that is missing: 0.1 when a tenth of the requested amount is missing, 1 when the reason is not an amount. */
  distance: number;
  /** The missing amount, in the unit of its class. Absent when the reason is not an amount. */
  shortfall?: { resource: ResourceClass; amount: number };
  /** The text that follows the name of the node in a sentence. Absent when `shortfall` gives the reason. */
  detail?: string;
}

/** Returns all its reasons why the node is not suitable; none when it is. Pure. */
export type Filter = (node: PlacementNode, wanted: Wanted) => readonly Reason[];

/** Returns how well a node that passed all filters suits the request, from 0 to 100. Pure. */
export type Score = (node: PlacementNode, wanted: Wanted) => number;
