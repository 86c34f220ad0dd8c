import type { ClusterRow } from "#db/scheduler/schema/clusters.ts";
import type { NodeResources as NodeResourcesDocument, Taint } from "#db/scheduler/schema/node-resources.ts";
import type { NodeRow } from "#db/scheduler/schema/nodes.ts";
import type { ResourceAllocationRow } from "#db/scheduler/schema/resource-allocations.ts";
import type { ScalingRecommendationRow } from "#db/scheduler/schema/scaling-recommendations.ts";
import type { SchedulingDecisionRow } from "#db/scheduler/schema/scheduling-decisions.ts";
import type { SchedulingPolicyRow } from "#db/scheduler/schema/scheduling-policies.ts";
import type { MoneyValue } from "#lib/graphql/money.ts";

// The value that resolvers return for each GraphQL type, under that type's name. Codegen reads these names.

interface Reference {
  id: string;
}
export type Tenant = Reference;
export type Money = MoneyValue;
export type Vm = Reference;

export type ClusterNode = NodeRow;
export type ClusterNodePlatform = NodeRow;
export type NodeResources = NodeResourcesDocument;
export type ResourceAmounts = Partial<NodeResourcesDocument>;
export type NodeTaint = Taint;
export type Cluster = ClusterRow;
export type SchedulingPolicy = SchedulingPolicyRow;
export type ResourceAllocation = ResourceAllocationRow;
export type PlacementDecision = SchedulingDecisionRow;
export type ScalingRecommendation = ScalingRecommendationRow;

export type NodeType = NodeRow["nodeType"];
export type NodeStatus = NodeRow["status"];
export type ClusterStatus = ClusterRow["status"];
export type TaintEffect = Taint["effect"];
export type PolicyType = SchedulingPolicyRow["policyType"];
export type AllocationType = ResourceAllocationRow["allocationType"];
export type AllocationStatus = ResourceAllocationRow["status"];
