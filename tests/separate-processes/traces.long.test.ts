import { afterAll, beforeAll, expect, it } from "vitest";
import { type Domain, domains } from "#db/columns.ts";
import { fleetOf, insertFleet } from "#tests/graph/rows.ts";
import { bundle } from "#tests/harness/bundles.ts";
import { makeApiKey, makeUser, testPepper } from "#tests/harness/credentials.ts";
import { bootProduct, type TestProduct } from "#tests/harness/product.ts";
import { type CollectedSpan, startTraceCollector, type TraceCollector } from "#tests/harness/trace-collector.ts";
import { connectedTrace, newTraceparent } from "#tests/harness/trace-tree.ts";
import { callerKeysFor, callingSettings } from "#tests/harness/call-keys.ts";
import { type Child, startChild } from "./child.ts";

const fleet = fleetOf(1);
const query = `{ users(first: 5) { totalCount } vms(first: 3) { nodes { name owner { username } alerts { totalCount } } } }`;

let product: TestProduct;
let collector: TraceCollector;
const children: Child[] = [];
const signingKeys = "1:the key of this test and of nothing else";

async function startTraced(program: string, env: Record<string, string>): Promise<Child> {
  const child = await startChild(bundle(program), {
    OTEL_EXPORTER_OTLP_ENDPOINT: collector.url,
    PORT: "0",
    ...env,
  });
  children.push(child);
  return child;
}

const startSubgraph = (domain: Domain): Promise<Child> =>
  startTraced(`subgraphs/${domain}/main.ts`, {
    [`DATABASE_URL_${domain.toUpperCase()}`]: product.urls.url(domain),
    NOVACRON_CALLER_KEYS: callerKeysFor(domain, signingKeys),
    ...callingSettings(domain),
    NOVACRON_PEPPER: testPepper,
    NOVACRON_ENCRYPTION_KEYS: "1:a key that only these processes know of",
  });

beforeAll(async () => {
  collector = await startTraceCollector();
  product = await bootProduct({ tenantId: fleet.tenantId });
  await insertFleet(product.urls, 1, 3);
});

afterAll(async () => {
  await Promise.all(children.map((child) => child.end("SIGKILL")));
  await collector?.close();
  await product?.stop();
});

it("a request through separate processes, each from its bundle, returns what it returns in one process, and is one trace from its client to SQL", async () => {
  const { id: userId, tenantId } = await makeUser(product.databases.auth, { tenantId: fleet.tenantId, role: "admin" });
  const { key } = await makeApiKey(product.databases.auth, { tenantId, userId });
  const started = await Promise.all(domains.map(startSubgraph));
  const urls = domains.map((domain, at) => [`SUBGRAPH_URL_${domain.toUpperCase()}`, started[at]?.url ?? ""]);
  const gateway = await startTraced("gateway/main.ts", {
    NOVACRON_SIGNING_KEYS: signingKeys,
    ...Object.fromEntries(urls),
  });

  const client = newTraceparent();
  const response = await fetch(gateway.url, {
    method: "POST",
    headers: {
      "content-type": "application/json",
      authorization: `Bearer ${key}`,
      traceparent: client.traceparent,
    },
    body: JSON.stringify({ query }),
  });
  const { data, errors } = await product.ask(query);
  expect(errors).toEqual([]);
  expect(await response.json()).toEqual({ data });
  // This call is not signed: it is refused, so it is in no trace.
  const unsigned = { method: "POST", headers: { traceparent: newTraceparent().traceparent }, body: "{}" };
  expect((await fetch(started[0]?.url ?? "", unsigned)).status).toBe(401);

  // A process sends its last spans when it stops.
  expect(await Promise.all(children.map((child) => child.end("SIGTERM")))).toEqual([0, 0, 0, 0, 0, 0]);
  const spans = connectedTrace(collector.spans, client);
  expect(spans).toHaveLength(collector.spans.length);
  expect(new Set(spans.map((span) => servicesTo(spans, span)))).toEqual(
    new Set([
      "novacron-gateway",
      "novacron-gateway → novacron-auth",
      "novacron-gateway → novacron-vms",
      "novacron-gateway → novacron-monitoring",
    ]),
  );
  const statements = spans.filter(({ attributes }) => attributes["db.system.name"] === "postgresql");
  expect(new Set(statements.map(({ service }) => service))).toEqual(
    new Set(["novacron-auth", "novacron-vms", "novacron-monitoring"]),
  );
});

/** Returns the services through which a span was reached. */
function servicesTo(trace: readonly CollectedSpan[], { service, parentSpanId }: CollectedSpan): string {
  const parent = trace.find(({ spanId }) => spanId === parentSpanId);
  if (!parent) return service;
  return parent.service === service ? servicesTo(trace, parent) : `${servicesTo(trace, parent)} → ${service}`;
}
