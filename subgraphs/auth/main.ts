import { openDatabase } from "#db/client.ts";
import { serveSubgraph } from "#lib/subgraph-server.ts";
import { createAuthSubgraph } from "./subgraph.ts";

await serveSubgraph("auth", async ({ databaseUrl }) => {
  const database = await openDatabase({ domain: "auth", url: databaseUrl });
  return { subgraph: createAuthSubgraph({ database }), close: () => database.close() };
});
