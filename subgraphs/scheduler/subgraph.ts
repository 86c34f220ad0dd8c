import type { Database } from "#db/client.ts";
import { createSubgraph, type Subgraph } from "#lib/subgraph/subgraph.ts";
import { openWith } from "#subgraphs/open-request.ts";
import type { SchedulerContext } from "./context.ts";
import { createSchedulerLoaders, entities } from "./loaders.ts";
import { resolvers } from "./resolvers/index.ts";

export interface SchedulerDependencies {
  database: Database;
}

export function createSchedulerSubgraph({ database }: SchedulerDependencies): Subgraph {
  return createSubgraph<SchedulerContext>({
    name: "scheduler",
    resolvers,
    entities,
    open: openWith(database, createSchedulerLoaders),
  });
}
