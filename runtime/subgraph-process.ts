import { type Database, openDatabase } from "#db/client.ts";
import type { Domain } from "#db/columns.ts";
import type { EventLog } from "#db/event-log/event-log.ts";
import { executedWrites } from "#db/executed-writes.ts";
import { serveSubgraph } from "#lib/subgraph/server.ts";
import type { Subgraph } from "#lib/subgraph/subgraph.ts";
import { openOwnLog } from "./events/own-log.ts";

/** The process entry of a subgraph that needs its database alone. */
export const runSubgraph = (domain: Domain, create: (parts: { database: Database }) => Subgraph): Promise<void> =>
  serveSubgraph({
    name: domain,
    logins: ["service"],
    open: async ({ service }) => {
      const database = await openDatabase({ domain, url: service });
      return { ...servedBy(database), subgraph: create({ database }), close: () => database.close() };
    },
  });

/** The process entry of a subgraph with subscriptions, which follow the log of its own database. */
export const runLiveSubgraph = (
  domain: Domain,
  create: (parts: { database: Database; log: EventLog }) => Subgraph,
): Promise<void> =>
  serveSubgraph({
    name: domain,
    logins: ["service", "system"],
    open: async ({ service, system }) => {
      const database = await openDatabase({ domain, url: service });
      const { log, close } = await openOwnLog(domain, system);
      return {
        ...servedBy(database),
        subgraph: create({ database, log }),
        close: async () => {
          await Promise.all([close(), database.close()]);
        },
      };
    },
  });

const servedBy = (database: Database) => ({
  executedWrites: executedWrites(database),
  ready: () => database.reachable(),
});
