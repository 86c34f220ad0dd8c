import type { NodeResources } from "#db/scheduler/schema/node-resources.ts";
import type { NodeRow } from "#db/scheduler/schema/nodes.ts";
import type { PlacementRequest, ResourceClass } from "./request.ts";

/** What placement knows of a node: a row of `nodes` will do. */
export type PlacementNode = Pick<NodeRow, "id" | "name" | "status" | "allocatable" | "allocated" | "gpuModel">;

/** A request together with what it claims, worked out once for all nodes. */
export interface Wanted {
  request: PlacementRequest;
  claim: NodeResources;
}

/** One reason why a node will not do. */
export interface Reason {
  /** By which rejected nodes are counted: `insufficient_memoryMb`, `status_maintenance`. */
  code: string;
  /** How much of the request is in the way: 0.1 when a tenth of what is asked for is missing, 1 when it is not a matter of amounts. */
  distance: number;
  /** What is missing, in the unit of its class. Absent when the reason is not an amount. */
  shortfall?: { resource: ResourceClass; amount: number };
  /** What follows the name of the node in a sentence. Absent when `shortfall` says it. */
  detail?: string;
}

/** Names all its reasons why the node will not do; none when it will. Pure. */
export type Filter = (node: PlacementNode, wanted: Wanted) => readonly Reason[];

/** How well a node that passed all filters suits, from 0 to 100. Pure. */
export type Score = (node: PlacementNode, wanted: Wanted) => number;
