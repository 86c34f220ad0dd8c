import "#lib/process/load-environment-file.ts";
import { openDatabase } from "#db/client.ts";
import { executedWrites } from "#db/executed-writes.ts";
import { serveSubgraph } from "#lib/subgraph/server.ts";
import { openOwnLog } from "#runtime/events/own-log.ts";
import { createMonitoringSubgraph } from "./subgraph.ts";

await serveSubgraph({
  name: "monitoring",
  logins: ["service", "system"],
  open: async ({ service, system }) => {
    const database = await openDatabase({ domain: "monitoring", url: service });
    const { log, close } = await openOwnLog("monitoring", system);
    return {
      subgraph: createMonitoringSubgraph({ database, log }),
      executedWrites: executedWrites(database),
      ready: () => database.reachable(),
      close: async () => {
        await Promise.all([close(), database.close()]);
      },
    };
  },
});
