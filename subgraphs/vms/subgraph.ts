import type { Database } from "#db/client.ts";
import type { EventLog } from "#db/event-log/event-log.ts";
import type { SubgraphDefinition } from "#lib/subgraph/executable-schema.ts";
import type { ServiceCalls } from "#lib/subgraph/service-calls.ts";
import { createSubgraph, type Subgraph } from "#lib/subgraph/subgraph.ts";
import { liveLog } from "#subgraphs/live-log.ts";
import { openWithServices } from "#subgraphs/open-request.ts";
import type { VmsContext } from "./context.ts";
import { createVmsLoaders, entities } from "./loaders.ts";
import { live, resolvers } from "./resolvers/index.ts";
import { servicesOf } from "./services.ts";

export interface VmsDependencies {
  database: Database;
  /** The log that subscriptions follow. Without it there are no subscriptions. */
  log?: EventLog | undefined;
  /** The calls to other subgraphs. */
  calls: Pick<ServiceCalls, "call">;
}

const definition: SubgraphDefinition<VmsContext> = { name: "vms", resolvers, entities, live };

export const createVmsSubgraph = ({ database, log, calls }: VmsDependencies): Subgraph =>
  createSubgraph(definition, {
    open: openWithServices(database, createVmsLoaders, servicesOf({ database, calls })),
    log: log && liveLog(log, "vms"),
  });
