import type { Database } from "#db/client.ts";
import type { SubgraphDefinition } from "#lib/subgraph/executable-schema.ts";
import { createSubgraph, type Subgraph } from "#lib/subgraph/subgraph.ts";
import { openWith } from "#subgraphs/open-request.ts";
import type { SchedulerContext } from "./context.ts";
import { createSchedulerLoaders, entities } from "./loaders.ts";
import { resolvers } from "./resolvers/index.ts";

export interface SchedulerDependencies {
  database: Database;
}

const definition: SubgraphDefinition<SchedulerContext> = { name: "scheduler", resolvers, entities };

export const createSchedulerSubgraph = ({ database }: SchedulerDependencies): Subgraph =>
  createSubgraph(definition, { open: openWith(database, createSchedulerLoaders) });
