import { readFileSync } from "node:fs";
import { noLimits } from "#gateway/limits/limits.ts";
import { startGateway } from "#gateway/http/server.ts";
import { guarded } from "#gateway/transport/guarded.ts";
import { inProcess } from "#gateway/transport/in-process.ts";
import { anonymous } from "#lib/trust/request-context.ts";
import { subgraphNames } from "../graph.ts";
import { inMemorySubgraph } from "../in-memory-subgraph.ts";

const gateway = await startGateway({
  supergraphSdl: readFileSync(process.argv[2] ?? "", "utf8"),
  transport: guarded(inProcess(subgraphNames.map(inMemorySubgraph))),
  limits: noLimits,
  identify: async () => anonymous,
  ready: async () => true,
  introspection: false,
  // The planner's thread is for new documents; here there is only one document.
  planning: "this thread",
  host: "127.0.0.1",
  port: 0,
});
process.stdout.write(`ready ${gateway.url}\n`);
process.once("SIGTERM", () => process.exit(0));
