import { openDatabase } from "#db/client.ts";
import { serveSubgraph } from "#lib/subgraph-server.ts";
import { createVmsSubgraph } from "./subgraph.ts";

await serveSubgraph("vms", async ({ databaseUrl }) => {
  const database = await openDatabase({ domain: "vms", url: databaseUrl });
  return {
    subgraph: createVmsSubgraph({ database }),
    ready: () => database.reachable(),
    close: () => database.close(),
  };
});
