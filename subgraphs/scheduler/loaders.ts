import type { Tx } from "#db/client.ts";
import { clusterById, clusterList } from "#db/scheduler/clusters.ts";
import { nodeById, nodeList, nodesOfCluster } from "#db/scheduler/nodes.ts";
import {
  allocationsOfTenant,
  allocationsOfVm,
  allocationsOnNode,
  resourceAllocationById,
  resourceAllocationList,
} from "#db/scheduler/resource-allocations.ts";
import {
  recommendationsForVm,
  scalingRecommendationById,
  scalingRecommendationList,
} from "#db/scheduler/scaling-recommendations.ts";
import {
  decisionsForNode,
  decisionsOfVm,
  latestDecisionOfVm,
  schedulingDecisionById,
  schedulingDecisionList,
} from "#db/scheduler/scheduling-decisions.ts";
import {
  schedulingPoliciesOfTenant,
  schedulingPolicyById,
  schedulingPolicyList,
} from "#db/scheduler/scheduling-policies.ts";
import { loadersOn } from "#lib/graphql/batching.ts";

export type SchedulerLoaders = ReturnType<typeof createSchedulerLoaders>;

/** Creates one loader per batch query. The loaders live for one request and share its transaction. */
export function createSchedulerLoaders(tx: Tx) {
  const { one, list, under } = loadersOn(tx);
  return {
    nodeById: one(nodeById),
    nodes: list(nodeList),
    nodesOfCluster: under(nodesOfCluster),
    clusterById: one(clusterById),
    clusters: list(clusterList),
    policyById: one(schedulingPolicyById),
    policies: list(schedulingPolicyList),
    policiesOfTenant: under(schedulingPoliciesOfTenant),
    allocationById: one(resourceAllocationById),
    allocations: list(resourceAllocationList),
    allocationsOfVm: under(allocationsOfVm),
    allocationsOnNode: under(allocationsOnNode),
    allocationsOfTenant: under(allocationsOfTenant),
    decisionById: one(schedulingDecisionById),
    decisions: list(schedulingDecisionList),
    decisionsOfVm: under(decisionsOfVm),
    decisionsForNode: under(decisionsForNode),
    latestDecisionOfVm: one(latestDecisionOfVm),
    recommendationById: one(scalingRecommendationById),
    recommendations: list(scalingRecommendationList),
    recommendationsForVm: under(recommendationsForVm),
  };
}
