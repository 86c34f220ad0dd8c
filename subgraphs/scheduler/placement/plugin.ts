import type { NodeResources, ResourceClass } from "#db/scheduler/schema/node-resources.ts";
import type { NodeRow } from "#db/scheduler/schema/nodes.ts";
import type { Rule, Scope, Tags } from "../rules/rule-language.ts";
import type { PlacementRequest } from "./request.ts";

/** The fields of a node that placement uses. A row of `nodes` has them. */
export type PlacementNode = Pick<
  NodeRow,
  | "id"
  | "name"
  | "status"
  | "region"
  | "availabilityZone"
  | "allocatable"
  | "allocated"
  | "allocationRules"
  | "inventoriedAt"
  | "lastHeartbeat"
  | "heartbeatTimeoutSeconds"
  | "gpuModel"
  | "labels"
  | "taints"
>;

export type RuleOf<Type extends Rule["type"]> = Extract<Rule, { type: Type }>;
export type RulesByType = { readonly [Type in Rule["type"]]: readonly RuleOf<Type>[] };

/** Where the VMs are that a rule names, by the hosts, racks, zones or regions that it is about. */
export type Group = NearGroup | SpreadGroup;

interface NearGroup {
  kind: "affinity" | "antiAffinity";
  scope: Scope;
  tags: Tags;
  taken: ReadonlySet<string>;
}

interface SpreadGroup {
  kind: "spread";
  scope: Scope;
  tags: Tags;
  counts: ReadonlyMap<string, number>;
  /** The smallest count of all domains that the VM may be in. */
  least: number;
  maxSkew: number;
}

/** A request with all that the plugins read, computed once for all nodes. */
export interface Wanted {
  request: PlacementRequest;
  /** The resources that it claims. */
  claim: NodeResources;
  rules: RulesByType;
  groups: readonly Group[];
  /** Nodes that must not be selected, such as those that have refused the VM. */
  excludedNodeIds: ReadonlySet<string>;
  preferredNodeId: string | undefined;
  /** Milliseconds since the epoch. */
  now: number;
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

export const fits: readonly Reason[] = [];

/** Returns a reason that is not an amount. */
export const reason = (code: string, detail: string): readonly Reason[] => [{ code, distance: 1, detail }];
