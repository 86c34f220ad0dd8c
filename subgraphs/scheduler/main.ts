import "#lib/process/load-environment-file.ts";
import { openDatabase } from "#db/client.ts";
import { executedWrites } from "#db/executed-writes.ts";
import { serveSubgraph } from "#lib/subgraph/server.ts";
import { createSchedulerSubgraph } from "./subgraph.ts";

await serveSubgraph({
  name: "scheduler",
  logins: ["service"],
  open: async ({ service }) => {
    const database = await openDatabase({ domain: "scheduler", url: service });
    return {
      subgraph: createSchedulerSubgraph({ database }),
      executedWrites: executedWrites(database),
      ready: () => database.reachable(),
      close: () => database.close(),
    };
  },
});
