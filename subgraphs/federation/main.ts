import "#lib/load-environment-file.ts";
import { openDatabase } from "#db/client.ts";
import { serveSubgraph } from "#lib/subgraph-server.ts";
import { openOwnLog } from "#subgraphs/own-log.ts";
import { createFederationSubgraph } from "./subgraph.ts";

await serveSubgraph("federation", async ({ databaseUrl: url }) => {
  const database = await openDatabase({ domain: "federation", url });
  const { log, close } = await openOwnLog("federation", url);
  return {
    subgraph: createFederationSubgraph({ database, log }),
    ready: () => database.reachable(),
    close: async () => {
      await Promise.all([close(), database.close()]);
    },
  };
});
