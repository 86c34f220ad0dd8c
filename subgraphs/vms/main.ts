import "#lib/load-environment-file.ts";
import { openDatabase } from "#db/client.ts";
import { serveSubgraph } from "#lib/subgraph-server.ts";
import { openOwnLog } from "#subgraphs/own-log.ts";
import { createVmsSubgraph } from "./subgraph.ts";

await serveSubgraph("vms", async ({ databaseUrl: url }) => {
  const database = await openDatabase({ domain: "vms", url });
  const { log, close } = await openOwnLog("vms", url);
  return {
    subgraph: createVmsSubgraph({ database, log }),
    ready: () => database.reachable(),
    close: async () => {
      await Promise.all([close(), database.close()]);
    },
  };
});
