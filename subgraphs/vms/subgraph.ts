import type { Database } from "#db/client.ts";
import { createSubgraph, referenceOnly, type Subgraph } from "#lib/subgraph.ts";
import { openWith } from "#subgraphs/open-request.ts";
import { authorization } from "./authorization.ts";
import type { VmsContext } from "./context.ts";
import { createVmsLoaders } from "./loaders.ts";
import { resolvers } from "./resolvers/index.ts";

export interface VmsDependencies {
  database: Database;
}

export function createVmsSubgraph({ database }: VmsDependencies): Subgraph {
  return createSubgraph<VmsContext>({
    name: "vms",
    resolvers,
    authorization,
    entities: {
      Vm: ({ loaders }) => loaders.vmById,
      VmTemplate: ({ loaders }) => loaders.templateById,
      VmSnapshot: ({ loaders }) => loaders.snapshotById,
      VmNetwork: ({ loaders }) => loaders.networkById,
      VmStateTransition: ({ loaders }) => loaders.transitionById,
      ClusterNode: referenceOnly,
      Tenant: referenceOnly,
      User: referenceOnly,
    },
    open: openWith(database, createVmsLoaders),
  });
}
