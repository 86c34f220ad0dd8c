import { readFileSync } from "node:fs";
import { noLimits } from "#gateway/limits/limits.ts";
import { createGateway } from "#gateway/create-gateway.ts";
import { guarded } from "#gateway/transport/guarded.ts";
import { inProcess } from "#gateway/transport/in-process.ts";
import { anonymous } from "#lib/trust/request-context.ts";
import { query, subgraphNames } from "../graph.ts";
import { runConcurrently } from "../concurrent-calls.ts";
import { inMemorySubgraph } from "../in-memory-subgraph.ts";
import { answerBodies } from "../serve.ts";

// The gateway in a program that calls it. The program runs as many queries as its parent requests, so that no HTTP of its own is measured.
const gateway = createGateway({
  supergraphSdl: readFileSync(process.argv[2] ?? "", "utf8"),
  transport: guarded(inProcess(subgraphNames.map(inMemorySubgraph))),
  limits: noLimits,
  introspection: false,
  planning: "this thread",
});
let requests = 0;

async function execute(first: number): Promise<string> {
  requests += 1;
  const { body } = await gateway.execute(
    { query, variables: { first } },
    {
      identity: anonymous,
      requestId: String(requests),
      deadline: Date.now() + 30_000,
      signal: new AbortController().signal,
    },
  );
  if (body.startsWith('{"errors"')) throw new Error(body.slice(0, 500));
  return body;
}

await answerBodies(async (body, path) => {
  if (path !== "/run") return execute((JSON.parse(body) as { variables: { first: number } }).variables.first);
  const { count, sizes } = JSON.parse(body) as { count: number; sizes: number[] };
  return JSON.stringify(await runConcurrently(count, sizes, execute));
});
