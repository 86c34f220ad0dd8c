import type { Database } from "#db/client.ts";
import { referenceOnly } from "#lib/subgraph/references.ts";
import { createSubgraph, type Subgraph } from "#lib/subgraph/subgraph.ts";
import { openWith } from "#subgraphs/open-request.ts";
import { authorization } from "./authorization.ts";
import type { SchedulerContext } from "./context.ts";
import { createSchedulerLoaders } from "./loaders.ts";
import { resolvers } from "./resolvers/index.ts";

export interface SchedulerDependencies {
  database: Database;
}

export function createSchedulerSubgraph({ database }: SchedulerDependencies): Subgraph {
  return createSubgraph<SchedulerContext>({
    name: "scheduler",
    resolvers,
    authorization,
    entities: {
      ClusterNode: ({ loaders }) => loaders.nodeById,
      Cluster: ({ loaders }) => loaders.clusterById,
      SchedulingPolicy: ({ loaders }) => loaders.policyById,
      ResourceAllocation: ({ loaders }) => loaders.allocationById,
      PlacementDecision: ({ loaders }) => loaders.decisionById,
      ScalingRecommendation: ({ loaders }) => loaders.recommendationById,
      Tenant: referenceOnly,
      Vm: referenceOnly,
    },
    open: openWith(database, createSchedulerLoaders),
  });
}
