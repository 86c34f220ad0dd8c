import type { Database } from "#db/client.ts";
import type { EventLog } from "#db/event-log/event-log.ts";
import type { SubgraphDefinition } from "#lib/subgraph/executable-schema.ts";
import { createSubgraph, type Subgraph } from "#lib/subgraph/subgraph.ts";
import { liveLog } from "#subgraphs/live-log.ts";
import { openWith } from "#subgraphs/open-request.ts";
import type { MonitoringContext } from "./context.ts";
import { createMonitoringLoaders, entities } from "./loaders.ts";
import { live, resolvers } from "./resolvers/index.ts";

export interface MonitoringDependencies {
  database: Database;
  /** The log that subscriptions follow. Without it there are no subscriptions. */
  log?: EventLog | undefined;
}

const definition: SubgraphDefinition<MonitoringContext> = { name: "monitoring", resolvers, entities, live };

export const createMonitoringSubgraph = ({ database, log }: MonitoringDependencies): Subgraph =>
  createSubgraph(definition, {
    open: openWith(database, createMonitoringLoaders),
    log: log && liveLog(log, "monitoring"),
  });
