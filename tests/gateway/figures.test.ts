import { composeServices } from "@apollo/composition";
import type { QueryPlan } from "@apollo/query-planner";
import { parse } from "graphql";
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from "vitest";
import { Documents } from "#gateway/documents/documents.ts";
import { hashOf, readManifest } from "#gateway/documents/manifest.ts";
import { operationOf } from "#gateway/operation.ts";
import { type GatewayServer, startGateway } from "#gateway/http/server.ts";
import { countCalls, countRequest } from "#gateway/metrics.ts";
import { logSlow } from "#gateway/requests/slow-operations.ts";
import { guarded } from "#gateway/transport/guarded.ts";
import { PublicError } from "#lib/errors.ts";
import { log } from "#lib/observability/log.ts";
import { metrics } from "#lib/observability/metrics.ts";
import { anonymous } from "#lib/trust/request-context.ts";

const schema = "type Query { hello: String broken: String }";
const { supergraphSdl = "" } = composeServices([{ name: "one", typeDefs: parse(schema), url: "http://one" }]);
const known = "query Known { hello }";
let gateway: GatewayServer;

beforeAll(async () => {
  const inner = {
    send: async () => ({ data: { hello: "world" } }),
    close: async () => undefined,
  };
  gateway = await startGateway({
    supergraphSdl,
    introspection: false,
    planning: "this thread",
    transport: guarded(inner, {}, countCalls),
    documents: new Documents(undefined, readManifest(JSON.stringify({ [hashOf(known)]: known }))),
    onRequest: countRequest,
    identify: async ({ headers }) => {
      if (headers.authorization) throw new PublicError("UNAUTHENTICATED", "The token or key is not valid.");
      return anonymous;
    },
    ready: async () => true,
    host: "127.0.0.1",
    port: 0,
  });
});
afterAll(() => gateway.close());
beforeEach(() => metrics.resetMetrics());

const ask = async (query: string, headers: Record<string, string> = {}) =>
  (
    await fetch(gateway.url, {
      method: "POST",
      headers: { "content-type": "application/json", ...headers },
      body: JSON.stringify({ query }),
    })
  ).text();
const lines = async (name: string) =>
  (await metrics.metrics()).split("\n").filter((line) => line.startsWith(`${name}{`));

describe("the metrics of a gateway", () => {
  it("count requests by outcome, including those that are no valid GraphQL requests", async () => {
    await ask(known);
    await ask("{ hello }");
    await ask("{ nothing }");
    await ask("{ hello }", { authorization: "Bearer nobody" });
    await ask("{ hello }", { "content-type": "text/plain" });
    expect(await lines("novacron_gateway_requests_total")).toEqual([
      'novacron_gateway_requests_total{outcome="answered"} 2',
      'novacron_gateway_requests_total{outcome="GRAPHQL_VALIDATION_FAILED"} 1',
      'novacron_gateway_requests_total{outcome="UNAUTHENTICATED"} 1',
      'novacron_gateway_requests_total{outcome="UNSUPPORTED_MEDIA_TYPE"} 1',
    ]);
  });

  it("name only known documents: a client's own operation name becomes no label", async () => {
    await ask(known);
    for (const name of ["Mine", "Yours", "Known"]) await ask(`query ${name} { hello more: hello }`);
    expect(await lines("novacron_gateway_request_seconds_count")).toEqual([
      'novacron_gateway_request_seconds_count{document="Known"} 1',
      'novacron_gateway_request_seconds_count{document="other"} 3',
    ]);
  });

  it("count calls to subgraphs", async () => {
    await ask("{ hello }");
    expect(await lines("novacron_gateway_subgraph_calls_total")).toEqual([
      'novacron_gateway_subgraph_calls_total{subgraph="one",operation="query",outcome="answered"} 1',
    ]);
  });
});

it("a slow operation is logged with the document for each subgraph, and without the values in it", () => {
  const warned = vi.spyOn(log.gateway, "warn").mockImplementation(() => undefined);
  const operation = operationOf(parse("query Slow { hello }"), undefined);
  if (!operation) throw new Error("The document has no operation.");
  const fetch = (serviceName: string, document: string) => ({ kind: "Fetch", serviceName, operation: document });
  const plan = {
    kind: "QueryPlan",
    node: {
      kind: "Sequence",
      nodes: [
        fetch("auth", '{ signIn(input: { login: "ada", password: "a secret" }) { token } }'),
        {
          kind: "Flatten",
          path: [],
          node: fetch(
            "vms",
            "query ($r: [_Any!]!) { _entities(representations: $r) { ... on Vm { list(first: 987) } } }",
          ),
        },
      ],
    },
  } as unknown as QueryPlan;
  logSlow(operation, plan, { milliseconds: 1_234.5, requestId: "request" });
  const [logged] = warned.mock.calls[0] as unknown as [{ plan: { subgraph: string }[] }];
  expect(logged).toMatchObject({ operation: "Slow", milliseconds: 1_235, requestId: "request" });
  expect(logged.plan.map(({ subgraph }) => subgraph)).toEqual(["auth", "vms"]);
  const text = JSON.stringify(logged);
  expect(text).toContain("signIn");
  for (const value of ["ada", "a secret", "987"]) expect(text).not.toContain(value);
  warned.mockRestore();
});
