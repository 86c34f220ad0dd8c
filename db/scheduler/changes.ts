import type { Changes } from "../changes.ts";
import { clusters } from "./schema/clusters.ts";
import { nodes } from "./schema/nodes.ts";
import { resourceAllocations } from "./schema/resource-allocations.ts";
import { scalingRecommendations } from "./schema/scaling-recommendations.ts";
import { schedulingDecisions } from "./schema/scheduling-decisions.ts";
import { schedulingPolicies } from "./schema/scheduling-policies.ts";

// Which columns of a written row its event holds. `events/scheduler.ts` defines what other domains may rely on.

export const clusterChanges: Changes<typeof clusters> = {
  table: clusters,
  event: "cluster",
  payload: ["name", "status"],
};
export const nodeChanges: Changes<typeof nodes> = {
  table: nodes,
  event: "cluster_node",
  payload: ["name", "status", "clusterId", "region"],
};
export const schedulingPolicyChanges: Changes<typeof schedulingPolicies> = {
  table: schedulingPolicies,
  event: "scheduling_policy",
  payload: ["name", "enabled"],
};
export const allocationChanges: Changes<typeof resourceAllocations> = {
  table: resourceAllocations,
  event: "resource_allocation",
  payload: ["vmId", "nodeId", "status"],
};
export const schedulingDecisionChanges: Changes<typeof schedulingDecisions> = {
  table: schedulingDecisions,
  event: "scheduling_decision",
  payload: ["vmId", "selectedNodeId", "decisionAlgorithm"],
};
export const scalingRecommendationChanges: Changes<typeof scalingRecommendations> = {
  table: scalingRecommendations,
  event: "scaling_recommendation",
  payload: ["vmId", "appliedAt"],
};
