import { monitorEventLoopDelay } from "node:perf_hooks";
import { readFileSync } from "node:fs";
import { startGateway } from "#gateway/http/server.ts";
import { asset } from "#lib/assets.ts";
import { anonymous, policies } from "#lib/trust/request-context.ts";
import { type Figure, percentile } from "./report.ts";

const times = (count: number, text: (at: number) => string): string =>
  Array.from({ length: count }, (_, at) => text(at)).join(" ");
const bomb = (levels: number): string =>
  `{ ...F0 } ${times(levels, (at) => `fragment F${at} on Query { ...F${at + 1} ...F${at + 1} }`)} fragment F${levels} on Query { __typename }`;

const documents: Record<string, string> = {
  "fragments that double 8 times": bomb(8),
  "fragments that double 10 times": bomb(10),
  "fragments that double 14 times": bomb(14),
  "fragments that double 20 times": bomb(20),
  "10,000 aliases": `{ ${times(10_000, (at) => `a${at}: __typename`)} }`,
  "500 repeats": `{ ${times(500, () => "__typename")} }`,
  "20,000 tokens": `{ ${times(20_000, () => "a")} }`,
  "1,900 tokens of fields that are not there": `{ vms { nodes { ${times(19, (at) => `a${at} { ${times(48, (n) => `b${n}`)} }`)} } } }`,
  "depth 400": `${"{ a ".repeat(400)}${"}".repeat(400)}`,
};

/** Measures how long the gateway takes to reject hostile requests, and by how much it delays all other work meanwhile. */
export async function run({ quick }: { quick: boolean }): Promise<Figure[]> {
  const gateway = await startGateway({
    supergraphSdl: readFileSync(asset("supergraph.graphql"), "utf8"),
    policies,
    transport: { send: async () => ({ data: null }), close: async () => undefined },
    identify: async () => anonymous,
    ready: async () => true,
    introspection: false,
    host: "127.0.0.1",
    port: 0,
  });
  try {
    // The first plan waits for the planner's start.
    await measured(gateway.url, "the first", JSON.stringify({ query: "{ first: __typename }" }), 1);
    const figures: Figure[] = [];
    for (const [name, query] of Object.entries(documents))
      figures.push(...(await measured(gateway.url, name, JSON.stringify({ query }), quick ? 5 : 30)));
    const body = JSON.stringify({ query: "{ __typename }", variables: { text: "x".repeat(5_000_000) } });
    return [...figures, ...(await measured(gateway.url, "a body of 5 MB", body, quick ? 5 : 30))];
  } finally {
    await gateway.close();
  }
}

async function measured(url: string, name: string, body: string, count: number): Promise<Figure[]> {
  const delay = monitorEventLoopDelay({ resolution: 1 });
  const took: number[] = [];
  // A document that stays small when it is expanded is answered.
  let answered = false;
  for (let done = 0; done < count; done += 1) {
    delay.enable();
    const began = performance.now();
    // When the server does not read a body to its end, the connection may end before the response.
    const response = await fetch(url, { method: "POST", headers: { "content-type": "application/json" }, body }).catch(
      () => undefined,
    );
    const text = (await response?.text().catch(() => "")) ?? "";
    took.push(performance.now() - began);
    delay.disable();
    answered ||= text.startsWith('{"data"');
  }
  const outcome = answered ? "answered" : "refused";
  return [
    { name: `${name}, ${outcome}, slowest of ${count}`, value: percentile(took, 1), unit: "ms", aim: "under 100 ms" },
    { name: `${name}, event loop late by at most`, value: delay.max / 1e6, unit: "ms", aim: "under 100 ms" },
  ];
}
