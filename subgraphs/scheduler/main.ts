import "#lib/load-environment-file.ts";
import { openDatabase } from "#db/client.ts";
import { serveSubgraph } from "#lib/subgraph-server.ts";
import { createSchedulerSubgraph } from "./subgraph.ts";

await serveSubgraph("scheduler", async ({ databaseUrl }) => {
  const database = await openDatabase({ domain: "scheduler", url: databaseUrl });
  return {
    subgraph: createSchedulerSubgraph({ database }),
    ready: () => database.reachable(),
    close: () => database.close(),
  };
});
