import type { Database } from "#db/client.ts";
import type { EventLog } from "#db/event-log/event-log.ts";
import { createSubgraph, type Subgraph } from "#lib/subgraph/subgraph.ts";
import { liveLog } from "#subgraphs/live-log.ts";
import { openWith } from "#subgraphs/open-request.ts";
import type { VmsContext } from "./context.ts";
import { createVmsLoaders, entities } from "./loaders.ts";
import { live, resolvers } from "./resolvers/index.ts";

export interface VmsDependencies {
  database: Database;
  /** The log that subscriptions follow. Without it there are no subscriptions. */
  log?: EventLog | undefined;
}

export function createVmsSubgraph({ database, log }: VmsDependencies): Subgraph {
  return createSubgraph<VmsContext>({
    name: "vms",
    resolvers,
    entities,
    open: openWith(database, createVmsLoaders),
    live: { fields: live, log: log && liveLog(log, "vms") },
  });
}
