import "#lib/load-environment-file.ts";
import { openDatabase } from "#db/client.ts";
import { executedWrites } from "#db/executed-writes.ts";
import { serveSubgraph } from "#lib/subgraph-server.ts";
import { createSchedulerSubgraph } from "./subgraph.ts";

await serveSubgraph("scheduler", async ({ serviceUrl }) => {
  const database = await openDatabase({ domain: "scheduler", url: serviceUrl });
  return {
    subgraph: createSchedulerSubgraph({ database }),
    executedWrites: executedWrites(database),
    ready: () => database.reachable(),
    close: () => database.close(),
  };
});
