import type { Database } from "#db/client.ts";
import type { SubgraphDefinition } from "#lib/subgraph/executable-schema.ts";
import { createSubgraph, type Subgraph } from "#lib/subgraph/subgraph.ts";
import { openWithServices } from "#subgraphs/open-request.ts";
import type { SchedulerContext } from "./context.ts";
import { createSchedulerLoaders, entities } from "./loaders.ts";
import { resolvers } from "./resolvers/index.ts";
import { servicesOf } from "./services.ts";

export interface SchedulerDependencies {
  database: Database;
}

const definition: SubgraphDefinition<SchedulerContext> = { name: "scheduler", resolvers, entities };

export const createSchedulerSubgraph = ({ database }: SchedulerDependencies): Subgraph =>
  createSubgraph(definition, { open: openWithServices(database, createSchedulerLoaders, servicesOf(database)) });
