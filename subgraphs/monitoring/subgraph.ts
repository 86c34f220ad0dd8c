import type { Database } from "#db/client.ts";
import { createSubgraph, referenceOnly, type Subgraph } from "#lib/subgraph.ts";
import { openWith } from "#subgraphs/open-request.ts";
import { authorization } from "./authorization.ts";
import type { MonitoringContext } from "./context.ts";
import { createMonitoringLoaders } from "./loaders.ts";
import { resolvers } from "./resolvers/index.ts";

export interface MonitoringDependencies {
  database: Database;
}

export function createMonitoringSubgraph({ database }: MonitoringDependencies): Subgraph {
  return createSubgraph<MonitoringContext>({
    name: "monitoring",
    resolvers,
    authorization,
    entities: {
      AlertRule: ({ loaders }) => loaders.alertRuleById,
      Alert: ({ loaders }) => loaders.alertById,
      MetricImport: ({ loaders }) => loaders.metricImportById,
      Vm: referenceOnly,
      ClusterNode: referenceOnly,
      Tenant: referenceOnly,
      User: referenceOnly,
    },
    open: openWith(database, createMonitoringLoaders),
  });
}
