import type { Tx } from "#db/client.ts";
import type { RowOf } from "#db/entity.ts";
import { operationEntity } from "#db/operations/operations.ts";
import { clusterEntity } from "#db/scheduler/clusters.ts";
import { nodeEntity } from "#db/scheduler/nodes.ts";
import { resourceAllocationEntity } from "#db/scheduler/resource-allocations.ts";
import { scalingRecommendationEntity } from "#db/scheduler/scaling-recommendations.ts";
import { latestDecisionOfVm, schedulingDecisionEntity } from "#db/scheduler/scheduling-decisions.ts";
import { schedulingPolicyEntity } from "#db/scheduler/scheduling-policies.ts";
import { entityLoaders, loaderOf } from "#lib/graphql/batching.ts";
import type { Page } from "#lib/graphql/pagination.ts";
import { operationLoaders } from "#subgraphs/operation-fields.ts";

/** The entities of this subgraph, by the names of their types. */
export const entities = {
  ClusterNode: nodeEntity,
  Cluster: clusterEntity,
  SchedulingPolicy: schedulingPolicyEntity,
  ResourceAllocation: resourceAllocationEntity,
  PlacementDecision: schedulingDecisionEntity,
  ScalingRecommendation: scalingRecommendationEntity,
  SchedulerOperation: operationEntity,
};

// Codegen reads the names of the entities, and takes these types for their types of the graph.
export type Row<Type extends keyof typeof entities> = RowOf<(typeof entities)[Type]>;
export type RowPage<Type extends keyof typeof entities> = Page<Row<Type>>;

export type SchedulerLoaders = ReturnType<typeof createSchedulerLoaders>;

/** Creates one loader per batch query. The loaders live for one request and share its transaction. */
export const createSchedulerLoaders = (tx: Tx) => ({
  ...entityLoaders(tx, entities),
  ...operationLoaders(tx),
  latestDecisionOfVm: loaderOf(tx, latestDecisionOfVm),
});
