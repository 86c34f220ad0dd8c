import { sql } from "drizzle-orm";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from "vitest";
import type { Domain } from "#db/columns.ts";
import { CallFailure } from "#gateway/transport/call-failure.ts";
import { guarded } from "#gateway/transport/guarded.ts";
import { exportTraces, type StopTraces } from "#lib/observability/export-traces.ts";
import { inTraceOf, requestSpan, traceId } from "#lib/observability/tracing.ts";
import { changeStates } from "#db/vms/state-writes.ts";
import { statement } from "#db/statement.ts";
import { fleetOf, insertFleet } from "#tests/graph/rows.ts";
import { makeApiKey, makeUser } from "#tests/harness/credentials.ts";
import { RawClient, subscribe } from "#tests/live/raw-client.ts";
import { until } from "#tests/live/until.ts";
import { bootProduct, type TestProduct } from "#tests/harness/product.ts";
import { startHungCollector, startTraceCollector, type TraceCollector } from "#tests/harness/trace-collector.ts";
import { connectedTrace, newTraceparent, pathsOf } from "#tests/harness/trace-tree.ts";
import { manualTransport, transportWith, contextOf, never, query as queryOf } from "./transport/manual-transport.ts";

const fleet = fleetOf(1);
const canary = "canary-b7f1d2";
const document = `query Mine${canary.replace("-", "")}($text: String) {
  users(filter: { text: $text }) { totalCount }
  vms(first: 5, filter: { tags: [{ key: "literal-${canary}" }] }) { totalCount nodes { name } }
  all: vms(first: 3) { nodes { name owner { username } alerts { totalCount } } }
}`;

let collector: TraceCollector;
let product: TestProduct;
let apiKey: string;
let isBroken = false;

beforeAll(async () => {
  product = await bootProduct({
    authenticates: true,
    withEvents: true,
    wrapTransport: (inner) => ({
      ...inner,
      send: async (subgraph, request, context, signal) => {
        if (isBroken && subgraph === "monitoring") throw new CallFailure("unreachable", `nothing at ${canary}`);
        return inner.send(subgraph, request, context, signal);
      },
    }),
  });
  await insertFleet(product.urls, 1, 3);
  const { id: userId, tenantId } = await makeUser(product.databases.auth, { tenantId: fleet.tenantId, role: "admin" });
  ({ key: apiKey } = await makeApiKey(product.databases.auth, { tenantId, userId }));
});
afterAll(() => product.stop());

async function ask(traceparent: string, query = document, token = apiKey) {
  const response = await fetch(product.url, {
    method: "POST",
    headers: {
      "content-type": "application/json",
      authorization: `Bearer ${token}`,
      traceparent,
      tracestate: `vendor=${canary}`,
      baggage: `mine=${canary}`,
    },
    body: JSON.stringify({ query, variables: { text: canary } }),
  });
  return { status: response.status, text: await response.text() };
}

describe("with a collector", () => {
  let stopTraces: StopTraces;
  beforeEach(async () => {
    collector = await startTraceCollector();
    vi.stubEnv("OTEL_EXPORTER_OTLP_ENDPOINT", collector.url);
    stopTraces = await exportTraces("novacron");
  });
  afterEach(async () => {
    isBroken = false;
    await stopTraces();
    await collector.close();
    vi.unstubAllEnvs();
  });
  /** Stops tracing, which sends the last spans, and returns all spans. */
  const collected = async () => {
    await stopTraces();
    return collector.spans;
  };

  it("a request is one trace from its client to the SQL of each subgraph", async () => {
    const client = newTraceparent();
    const { text } = await ask(client.traceparent);
    expect(JSON.parse(text)).not.toHaveProperty("errors");
    const spans = connectedTrace(await collected(), client);
    expect(spans).toHaveLength(collector.spans.length);
    const database = (domain: Domain) => new URL(product.urls.url(domain)).pathname.slice(1);
    const identified = "query / authenticate / call auth / subgraph auth";
    expect(pathsOf(spans)).toEqual(
      [
        "query",
        "query / authenticate",
        "query / authenticate / call auth",
        identified,
        `${identified} / SELECT ${database("auth")}`,
        // Records when the key was last used.
        `${identified} / UPDATE ${database("auth")}`,
        "query / plan",
        ...(["auth", "vms", "monitoring"] as const).flatMap((name) => [
          `query / call ${name}`,
          `query / call ${name} / subgraph ${name}`,
          `query / call ${name} / subgraph ${name} / SELECT ${database(name)}`,
        ]),
      ].toSorted(),
    );
    expect(spans.filter(({ isFailed }) => isFailed)).toEqual([]);
  });

  it("a subscription over a socket is a trace, and a batch of its events is another", async () => {
    const socket = new RawClient(product.url);
    const text = "subscription { vmStateChanged { toState vm { name owner { username } } } }";
    await socket.connect({ authorization: `Bearer ${apiKey}` }, subscribe("1", text));
    await until(() => socket.of("ping").length > 0);
    const change = { vmId: fleet.id("vm", 1), reason: "", initiatedBy: fleet.id("user", 1) };
    await product.databases.vms.write({ tenantId: fleet.tenantId }, async (tx) => {
      await tx.execute(statement<never>(() => sql`update vms set state = 'running', origin_state = null`));
      await changeStates(tx, [{ ...change, from: "running", to: "paused" }]);
      await changeStates(tx, [{ ...change, from: "paused", to: "running" }]);
    });
    await until(() => socket.of("next").length === 2);
    socket.ws.close();
    const spans = await collected();
    const roots = spans.filter(({ parentSpanId }) => !parentSpanId).map(({ name }) => name);
    expect(roots).toContain("subscription");
    expect(roots).toContain("events of vms");
    const events = spans.filter(({ name }) => name === "events of vms");
    expect(events.length).toBeLessThanOrEqual(2);
    const traces = new Set(events.map((span) => span.traceId));
    const below = spans.filter((span) => traces.has(span.traceId));
    expect(new Set(below.map(({ name }) => name))).toContain("call auth");
  });

  it("attack 57: no value, document, key or header of the client is in a span", async () => {
    await ask(newTraceparent().traceparent);
    await ask(newTraceparent().traceparent, `{ ${canary.replace("-", "")} }`);
    await ask(newTraceparent().traceparent, `{ vms(first: 5) { nodes { name } } }`, `${apiKey.slice(0, -1)}!`);
    isBroken = true;
    await ask(newTraceparent().traceparent);
    await collected();
    const text = collector.text();
    expect(text).toContain("db.query.text");
    expect(text).toContain("$1");
    expect(text).toContain("SUBGRAPH_UNAVAILABLE");
    for (const secret of [canary, canary.replace("-", ""), apiKey.slice(-12), "127.0.0.1", fleet.tenantId])
      expect(text).not.toContain(secret);
  });

  it("a failed call has the code of its error, and the number of its retries", async () => {
    isBroken = true;
    const client = newTraceparent();
    await ask(client.traceparent);
    const failed = connectedTrace(await collected(), client).filter(({ isFailed }) => isFailed);
    expect(failed.map(({ name, attributes }) => ({ name, attributes }))).toEqual([
      {
        name: "call monitoring",
        attributes: {
          "novacron.subgraph": "monitoring",
          "graphql.operation.type": "query",
          "novacron.retries": 1,
          "error.type": "SUBGRAPH_UNAVAILABLE",
        },
      },
    ]);
  });

  it("a refused request is named by its path, and has the status of its response", async () => {
    const client = newTraceparent();
    const { status } = await ask(client.traceparent, document, "nobody");
    expect(status).toBe(401);
    const spans = connectedTrace(await collected(), client);
    expect(pathsOf(spans)).toEqual(["POST /graphql", "POST /graphql / authenticate"]);
    const root = spans.find(({ name }) => name === "POST /graphql");
    expect(root?.attributes).toMatchObject({ "http.response.status_code": 401, "http.route": "/graphql" });
    expect(root?.isFailed).toBe(false);
  });

  it.each([
    ["malformed", "00-nonsense-00f067aa0ba902b7-01"],
    ["all zeros", `00-${"0".repeat(32)}-00f067aa0ba902b7-01`],
    ["sent twice", `${newTraceparent().traceparent}, ${newTraceparent().traceparent}`],
  ])("a traceparent that is %s is ignored", async (_what, traceparent) => {
    expect((await ask(traceparent)).status).toBe(200);
    const roots = (await collected()).filter(({ parentSpanId }) => parentSpanId === "");
    expect(roots.map(({ name }) => name)).toEqual(["query"]);
    expect(traceparent).not.toContain(roots[0]?.traceId);
  });

  it("a client's request not to be traced is respected", async () => {
    const { traceparent } = newTraceparent();
    await ask(traceparent.replace(/01$/, "00"));
    expect(await collected()).toEqual([]);
  });

  it("callers who share a call have the subgraph's work in the trace of the first", async () => {
    const manual = manualTransport();
    const transport = guarded(transportWith((...call) => requestSpan("the work", {}, () => manual.send(...call))));
    const [first, second] = [newTraceparent(), newTraceparent()];
    const shared = [first, second].map(({ traceparent }) =>
      inTraceOf(traceparent, () =>
        requestSpan("request", {}, () => transport.send("vms", queryOf("{ a }"), contextOf("1"), never())),
      ),
    );
    await vi.waitFor(() => expect(manual.calls).toHaveLength(1));
    manual.calls[0]?.answer({ data: {} });
    await Promise.all(shared);
    const spans = await collected();
    expect(pathsOf(connectedTrace(spans, first))).toContain("request / call vms / the work");
    const other = connectedTrace(spans, second);
    expect(pathsOf(other)).toEqual(["request", "request / call vms"]);
    expect(other.map(({ attributes }) => attributes["novacron.shared"])).toContain(true);
  });

  it("work that no request waits for is not traced", async () => {
    expect(await product.databases.vms.reachable()).toBe(true);
    expect(await collected()).toEqual([]);
  });

  it("a log line can name its trace, and one outside a request names none", async () => {
    const { traceparent, traceId: expected } = newTraceparent();
    expect(await inTraceOf(traceparent, () => requestSpan("request", {}, async () => traceId()))).toEqual({
      traceId: expected,
    });
    expect(traceId()).toEqual({});
  });
});

describe("a collector", () => {
  afterEach(() => void vi.unstubAllEnvs());

  /** Sends a query while the collector is at this endpoint. @returns how long the stop took, in milliseconds */
  async function askWith(endpoint: string): Promise<number> {
    vi.stubEnv("OTEL_EXPORTER_OTLP_ENDPOINT", endpoint);
    const stop = await exportTraces("novacron");
    const { status, text } = await ask(newTraceparent().traceparent);
    expect(status).toBe(200);
    expect(JSON.parse(text)).not.toHaveProperty("errors");
    const began = performance.now();
    await stop();
    return performance.now() - began;
  }

  it("that is not reachable fails no request, and delays a stop by less than two seconds", async () => {
    const gone = await startTraceCollector();
    await gone.close();
    expect(await askWith(gone.url)).toBeLessThan(2_000);
    expect(gone.spans).toEqual([]);
  });

  it("that does not answer delays a stop by less than two seconds", async () => {
    const hung = await startHungCollector();
    expect(await askWith(hung.url)).toBeLessThan(2_000);
    await hung.close();
  });
});
