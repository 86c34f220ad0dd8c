import "#lib/load-environment-file.ts";
import { openDatabase } from "#db/client.ts";
import { serveSubgraph } from "#lib/subgraph-server.ts";
import { openOwnLog } from "#subgraphs/own-log.ts";
import { createMonitoringSubgraph } from "./subgraph.ts";

await serveSubgraph("monitoring", async ({ databaseUrl: url }) => {
  const database = await openDatabase({ domain: "monitoring", url });
  const { log, close } = await openOwnLog("monitoring", url);
  return {
    subgraph: createMonitoringSubgraph({ database, log }),
    ready: () => database.reachable(),
    close: async () => {
      await Promise.all([close(), database.close()]);
    },
  };
});
