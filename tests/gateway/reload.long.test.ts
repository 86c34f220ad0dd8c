import { composeServices } from "@apollo/composition";
import { parse } from "graphql";
import { expect, it } from "vitest";
import { Documents } from "#gateway/documents/documents.ts";
import { hashOf, readManifest } from "#gateway/documents/manifest.ts";
import { startGateway } from "#gateway/http/server.ts";
import { anonymous } from "#lib/trust/request-context.ts";

const composed = (generation: number): string => {
  const schema = `type Query { hello: String generation${generation}: Int }`;
  const { supergraphSdl } = composeServices([{ name: "one", typeDefs: parse(schema), url: "http://one" }]);
  if (!supergraphSdl) throw new Error("The schema does not compose.");
  return supergraphSdl;
};

const known = "query Known { hello }";
const callers = 8;
const seconds = 60;

it("a supergraph that is replaced every second for a minute under load fails no request, and leaves no thread behind", async () => {
  const gateway = await startGateway({
    supergraphSdl: composed(0),
    introspection: false,
    documents: new Documents(undefined, readManifest(JSON.stringify({ [hashOf(known)]: known }))),
    transport: { send: async () => ({ data: { hello: "world" } }), close: async () => undefined },
    identify: async () => anonymous,
    ready: async () => true,
    host: "127.0.0.1",
    port: 0,
  });
  const done = new AbortController();
  const failures: string[] = [];
  const ask = async (query: string) => {
    const headers = { "content-type": "application/json" };
    const response = await fetch(gateway.url, { method: "POST", headers, body: JSON.stringify({ query }) });
    const text = await response.text();
    if (response.status !== 200 || text !== '{"data":{"hello":"world"}}\n') failures.push(`${response.status} ${text}`);
  };
  const querying = Array.from({ length: callers }, async (_, caller) => {
    let requests = 0;
    for (; !done.signal.aborted; requests += 1) {
      // Every tenth document is new, and has to be planned with the current supergraph.
      await ask(requests % 10 === 0 ? `query New${caller}_${requests} { hello }` : known);
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
    return requests;
  });
  for (let generation = 1; generation <= seconds; generation += 1) {
    const second = new Promise((resolve) => setTimeout(resolve, 1_000));
    await gateway.replaceSupergraph(composed(generation));
    await second;
  }
  done.abort();
  const requests = (await Promise.all(querying)).reduce((sum, count) => sum + count, 0);
  expect(failures).toEqual([]);
  expect(requests).toBeGreaterThan(seconds * callers);
  await gateway.close();
  const threads = process.getActiveResourcesInfo().filter((resource) => resource === "MessagePort");
  expect(threads.length).toBeLessThan(3);
});
