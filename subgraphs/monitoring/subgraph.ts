import type { Database } from "#db/client.ts";
import type { EventLog } from "#db/event-log/event-log.ts";
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

export function createMonitoringSubgraph({ database, log }: MonitoringDependencies): Subgraph {
  return createSubgraph<MonitoringContext>({
    name: "monitoring",
    resolvers,
    entities,
    open: openWith(database, createMonitoringLoaders),
    live: { fields: live, log: log && liveLog(log, "monitoring") },
  });
}
