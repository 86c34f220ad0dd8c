import { openDatabase } from "#db/client.ts";
import { serveSubgraph } from "#lib/subgraph-server.ts";
import { createMonitoringSubgraph } from "./subgraph.ts";

await serveSubgraph("monitoring", async ({ databaseUrl }) => {
  const database = await openDatabase({ domain: "monitoring", url: databaseUrl });
  return {
    subgraph: createMonitoringSubgraph({ database }),
    ready: () => database.reachable(),
    close: () => database.close(),
  };
});
