import type { Database } from "#db/client.ts";
import type { EventLog } from "#db/event-log/event-log.ts";
import { referenceOnly } from "#lib/subgraph/references.ts";
import { createSubgraph, type Subgraph } from "#lib/subgraph/subgraph.ts";
import { liveLog } from "#subgraphs/live-log.ts";
import { openWith } from "#subgraphs/open-request.ts";
import { authorization } from "./authorization.ts";
import type { FederationContext } from "./context.ts";
import { createFederationLoaders } from "./loaders.ts";
import { live, resolvers } from "./resolvers/index.ts";

export interface FederationDependencies {
  database: Database;
  /** The log that subscriptions follow. Without it there are no subscriptions. */
  log?: EventLog | undefined;
}

export function createFederationSubgraph({ database, log }: FederationDependencies): Subgraph {
  return createSubgraph<FederationContext>({
    name: "federation",
    resolvers,
    authorization,
    entities: {
      CloudProvider: ({ loaders }) => loaders.providerById,
      ProviderVm: ({ loaders }) => loaders.providerVmById,
      Migration: ({ loaders }) => loaders.migrationById,
      MigrationStep: ({ loaders }) => loaders.stepById,
      CompliancePolicy: ({ loaders }) => loaders.policyById,
      ComplianceViolation: ({ loaders }) => loaders.violationById,
      CostOptimization: ({ loaders }) => loaders.optimizationById,
      InstancePrice: ({ loaders }) => loaders.priceById,
      ClusterNode: referenceOnly,
      Tenant: referenceOnly,
      User: referenceOnly,
      Vm: referenceOnly,
    },
    open: openWith(database, createFederationLoaders),
    live: { fields: live, log: log && liveLog(log, "federation") },
  });
}
