import type { Database } from "#db/client.ts";
import type { EventLog } from "#db/event-log/event-log.ts";
import type { SubgraphDefinition } from "#lib/subgraph/executable-schema.ts";
import { createSubgraph, type Subgraph } from "#lib/subgraph/subgraph.ts";
import { liveLog } from "#subgraphs/live-log.ts";
import { openWith } from "#subgraphs/open-request.ts";
import type { FederationContext } from "./context.ts";
import { createFederationLoaders, entities } from "./loaders.ts";
import { live, resolvers } from "./resolvers/index.ts";

export interface FederationDependencies {
  database: Database;
  /** The log that subscriptions follow. Without it there are no subscriptions. */
  log?: EventLog | undefined;
}

const definition: SubgraphDefinition<FederationContext> = { name: "federation", resolvers, entities, live };

export const createFederationSubgraph = ({ database, log }: FederationDependencies): Subgraph =>
  createSubgraph(definition, {
    open: openWith(database, createFederationLoaders),
    log: log && liveLog(log, "federation"),
  });
