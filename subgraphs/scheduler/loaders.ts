import type { Tx } from "#db/client.ts";
import { clusterEntity } from "#db/scheduler/clusters.ts";
import { nodeEntity } from "#db/scheduler/nodes.ts";
import { resourceAllocationEntity } from "#db/scheduler/resource-allocations.ts";
import { scalingRecommendationEntity } from "#db/scheduler/scaling-recommendations.ts";
import { latestDecisionOfVm, schedulingDecisionEntity } from "#db/scheduler/scheduling-decisions.ts";
import { schedulingPolicyEntity } from "#db/scheduler/scheduling-policies.ts";
import { entityLoaders, loaderOf } from "#lib/graphql/batching.ts";

/** The entities of this subgraph, by the names of their types. */
export const entities = {
  ClusterNode: nodeEntity,
  Cluster: clusterEntity,
  SchedulingPolicy: schedulingPolicyEntity,
  ResourceAllocation: resourceAllocationEntity,
  PlacementDecision: schedulingDecisionEntity,
  ScalingRecommendation: scalingRecommendationEntity,
};

export type SchedulerLoaders = ReturnType<typeof createSchedulerLoaders>;

/** Creates one loader per batch query. The loaders live for one request and share its transaction. */
export const createSchedulerLoaders = (tx: Tx) => ({
  ...entityLoaders(tx, entities),
  latestDecisionOfVm: loaderOf(tx, latestDecisionOfVm),
});
