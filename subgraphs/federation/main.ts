import { openDatabase } from "#db/client.ts";
import { serveSubgraph } from "#lib/subgraph-server.ts";
import { createFederationSubgraph } from "./subgraph.ts";

await serveSubgraph("federation", async ({ databaseUrl }) => {
  const database = await openDatabase({ domain: "federation", url: databaseUrl });
  return {
    subgraph: createFederationSubgraph({ database }),
    ready: () => database.reachable(),
    close: () => database.close(),
  };
});
