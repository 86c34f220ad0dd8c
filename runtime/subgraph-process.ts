import { type Database, openDatabase } from "#db/client.ts";
import type { Domain } from "#db/columns.ts";
import type { EventLog } from "#db/event-log/event-log.ts";
import { executedWrites } from "#db/executed-writes.ts";
import { serveSubgraph } from "#lib/subgraph/server.ts";
import type { ServiceCalls } from "#lib/subgraph/service-calls.ts";
import type { Subgraph } from "#lib/subgraph/subgraph.ts";
import { openOwnLog } from "./events/own-log.ts";
import { openServiceCalls } from "./service-calls.ts";

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
): Promise<void> => runWithLog(domain, () => undefined, create);

/** The same for a subgraph that calls others. */
export const runCallingSubgraph = (
  domain: Domain,
  create: (parts: { database: Database; log: EventLog; calls: ServiceCalls }) => Subgraph,
): Promise<void> => runWithLog(domain, () => openServiceCalls(domain), create);

const runWithLog = <Calls extends ServiceCalls | undefined>(
  domain: Domain,
  openCalls: () => Calls,
  create: (parts: { database: Database; log: EventLog; calls: Calls }) => Subgraph,
): Promise<void> =>
  serveSubgraph({
    name: domain,
    logins: ["service", "system"],
    open: async ({ service, system }) => {
      const calls = openCalls();
      const database = await openDatabase({ domain, url: service });
      const { log, close } = await openOwnLog(domain, system);
      return {
        ...servedBy(database),
        subgraph: create({ database, log, calls }),
        close: async () => {
          await Promise.all([close(), database.close(), calls?.close()]);
        },
      };
    },
  });

const servedBy = (database: Database) => ({
  executedWrites: executedWrites(database),
  ready: () => database.reachable(),
});
