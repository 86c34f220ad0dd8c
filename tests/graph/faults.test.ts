import { createServer, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { afterAll, beforeAll, beforeEach, describe, expect, it, onTestFinished, vi } from "vitest";
import { openDatabase } from "#db/client.ts";
import { domains } from "#db/columns.ts";
import { callSigner } from "#lib/trust/call-keys.ts";
import { overHttp } from "#gateway/transport/http.ts";
import type { Subgraph } from "#lib/subgraph/subgraph.ts";
import { createMonitoringSubgraph } from "#subgraphs/monitoring/subgraph.ts";
import { bootProduct, type TestProduct } from "#tests/harness/product.ts";
import { adminUrl, asOwner } from "#tests/harness/server.ts";
import { tcpProxy } from "#tests/harness/tcp-proxy.ts";
import { type BreakableGraph, breakableGraph, everything, expectBlanked, expectHangBlanks } from "./breakable-graph.ts";
import { fleetOf, insertFleet } from "./rows.ts";

let graph: BreakableGraph;
let product: TestProduct;
beforeAll(async () => {
  graph = await breakableGraph();
  ({ product } = graph);
});
afterAll(() => product?.stop());
beforeEach(() => graph.faults.clear());

it("a healthy graph answers for every domain", () => {
  expect(JSON.stringify(graph.healthy)).not.toContain("null");
  expect(graph.healthy.vms.nodes).toHaveLength(2);
});

it.each(domains)(
  "fault 1: when the %s subgraph is down, only its own fields are null, each with an error",
  async (domain) => {
    graph.faults.set(domain, () => Promise.reject(new Error("connect ECONNREFUSED 10.1.2.3:4001")));
    const answer = await product.ask(everything);
    expectBlanked(graph, answer, domain, "SUBGRAPH_UNAVAILABLE");
    expect(JSON.stringify(answer)).not.toMatch(/10\.1\.2\.3|ECONN/);
    expect(answer.errors[0]?.extensions).toEqual({ code: "SUBGRAPH_UNAVAILABLE", subgraph: domain });
  },
);

it.each(["vms", "monitoring"] as const)(
  "fault 2: when the %s subgraph hangs, only its own fields are null at the deadline, each with an error",
  async (domain) => {
    await expectHangBlanks(graph, domain);
  },
);

describe("fault 6: a subgraph that answers", () => {
  const garbage: [string, (response: ServerResponse) => void][] = [
    ["with HTML", (response) => response.writeHead(200, { "content-type": "text/html" }).end("<h1>secret-canary</h1>")],
    ["with status 500", (response) => response.writeHead(500).end(JSON.stringify({ message: "secret-canary" }))],
    ["with a redirect", (response) => response.writeHead(302, { location: "http://10.1.2.3/" }).end()],
    ["with truncated JSON", (response) => response.writeHead(200).end('{"data": {"alertRules": {"secret-canary": ')],
    [
      "with a truncated body",
      (response) => response.writeHead(200, { "content-length": "1000" }).write('{"data"', () => response.destroy()),
    ],
    ["without a response", (response) => response.destroy()],
    ...[
      "null",
      "[]",
      "42",
      "{}",
      '{"data": "secret-canary"}',
      '{"data": []}',
      '{"errors": [null]}',
      '{"errors": {}}',
    ].map((body): [string, (response: ServerResponse) => void] => [
      body,
      (response) => response.writeHead(200).end(body),
    ]),
  ];

  it.each(garbage)("%s is unavailable, and nothing of its answer or address leaks", async (_what, respond) => {
    const server = createServer((request, response) => {
      request.resume();
      respond(response);
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const { port } = server.address() as AddressInfo;
    const transport = overHttp(
      { monitoring: `http://127.0.0.1:${port}/graphql` },
      callSigner("gateway", [{ id: "1", secret: "key" }]),
    );
    onTestFinished(async () => {
      await transport.close();
      server.closeAllConnections();
      server.close();
    });
    graph.faults.set("monitoring", transport.send);
    const answer = await product.ask(everything);
    expectBlanked(graph, answer, "monitoring", "SUBGRAPH_UNAVAILABLE");
    expect(JSON.stringify(answer)).not.toMatch(new RegExp(`secret-canary|127\\.0|${port}|10\\.1\\.2\\.3`));
  });
});

describe("attack 10: an unexpected error", () => {
  it("shows the client a request id and nothing else", async () => {
    const broken = await bootProduct({ tenantId: fleetOf(1).tenantId });
    onTestFinished(() => broken.stop());
    await insertFleet(broken.urls, 1, 1);
    await asOwner(broken.urls.url("vms"), (sql) => sql`alter table vm_networks rename to secret_canary`);
    const answer = await broken.ask("{ vmNetworks { totalCount } clusters { totalCount } }");
    expect(answer.data).toEqual({ vmNetworks: null, clusters: { totalCount: 1 } });
    const requestId = answer.errors[0]?.extensions["requestId"];
    expect(requestId).toMatch(/^[0-9a-f-]{36}$/);
    expect(answer.errors).toEqual([
      {
        message: `The service failed (request ${String(requestId)}).`,
        path: ["vmNetworks"],
        extensions: { code: "INTERNAL_SERVER_ERROR", requestId },
      },
    ]);
  });
});

describe("fault 12: when a database", () => {
  async function monitoringBehindProxy() {
    const proxy = await tcpProxy(product.urls.url("monitoring"));
    const database = await openDatabase({ domain: "monitoring", url: proxy.url });
    const subgraph: Subgraph = createMonitoringSubgraph({ database });
    graph.faults.set("monitoring", (_name, ...call) => subgraph.execute(...call));
    onTestFinished(async () => {
      await database.close();
      await proxy.cut();
    });
    expect((await product.ask(everything)).data).toEqual(graph.healthy);
    return proxy;
  }

  it("is unavailable, only the fields of its domain are null, each with an error, until it is available again", async () => {
    const proxy = await monitoringBehindProxy();
    await proxy.cut();
    for (let request = 0; request < 30; request++) {
      expectBlanked(graph, await product.ask(everything), "monitoring", "DATABASE_UNAVAILABLE");
    }
    await proxy.mend();
    await vi.waitFor(async () => expect((await product.ask(everything)).data).toEqual(graph.healthy), {
      timeout: 5_000,
      interval: 50,
    });
  });

  it("disconnects in the middle of an answer, only the fields of its domain are null, each with an error", async () => {
    const proxy = await monitoringBehindProxy();
    const held = proxy.hold();
    const answer = product.ask(everything);
    await held;
    await proxy.cut();
    expectBlanked(graph, await answer, "monitoring", "DATABASE_UNAVAILABLE");
    await proxy.mend();
    await vi.waitFor(async () => expect((await product.ask(everything)).data).toEqual(graph.healthy), {
      timeout: 5_000,
      interval: 50,
    });
  });

  it("closes every connection, requests still succeed", async () => {
    for (let round = 0; round < 5; round++) {
      await asOwner(adminUrl(), async (sql) => {
        await sql`select pg_terminate_backend(pid) from pg_stat_activity where datname like 'test_%' and usename is not null
          and datname = ${new URL(product.urls.url("vms")).pathname.slice(1)}`;
      });
      await vi.waitFor(async () => expect((await product.ask(everything)).data).toEqual(graph.healthy), {
        timeout: 5_000,
        interval: 50,
      });
    }
  });
});
