import { afterAll, beforeAll, beforeEach, describe, expect, it, onTestFinished, vi } from "vitest";
import { guarded } from "#gateway/transport/guarded.ts";
import { callSigner } from "#lib/trust/call-keys.ts";
import { overHttp } from "#gateway/transport/http.ts";
import { type HttpLimits, httpLimits, type TransportLimits } from "#gateway/transport/limits.ts";
import { anonymous } from "#lib/trust/request-context.ts";
import {
  answering,
  delayed,
  endless,
  healthy,
  hung,
  type NetworkFault,
  resetAfter,
  throttled,
} from "#tests/harness/network-faults.ts";
import { asOwner } from "#tests/harness/server.ts";
import type { TcpProxy } from "#tests/harness/tcp-proxy.ts";
import { fleet, type ProductOverHttp, productOverHttp } from "./product-over-http.ts";

const query =
  "{ alertRules { totalCount } clusters { totalCount } vms(first: 3) { nodes { name alerts { totalCount } } } }";
const createRole = `mutation Create($name: String!) {
  createRole(input: { name: $name, permissions: [] }) { role { name } userErrors { code } }
}`;

let setup: ProductOverHttp;
let whole: unknown;
let monitoring: TcpProxy;
beforeAll(async () => {
  setup = await productOverHttp();
  ({ monitoring } = setup.networks);
  ({ data: whole } = await setup.product.ask(query));
});
afterAll(() => setup.stop());
beforeEach(() => {
  for (const network of Object.values(setup.networks)) network.fault = healthy;
});

function gateway(limits: Partial<TransportLimits> = {}, http: Partial<HttpLimits> = {}) {
  const urls = Object.fromEntries(Object.entries(setup.networks).map(([domain, { url }]) => [domain, url]));
  const started = setup.gatewayOver(urls, limits, http);
  onTestFinished(() => started.close());
  return started;
}

/** Returns the whole response without monitoring's fields. */
function blanked(): unknown {
  const answer = structuredClone(whole) as { alertRules: unknown; vms: { nodes: { alerts: unknown }[] } };
  answer.alertRules = null;
  for (const vm of answer.vms.nodes) vm.alerts = null;
  return answer;
}

/** Waits until no connection is left. Those that the client opens in place of broken ones close after their idle timeout. */
const noConnectionsLeft = () => vi.waitFor(() => expect(monitoring.open()).toBe(0), { timeout: 10_000 });

const codes = (errors: readonly { extensions: { code: string } }[]) => [
  ...new Set(errors.map(({ extensions }) => extensions.code)),
];

describe("fault 3: when the connection breaks in the middle of a response,", () => {
  it("a query is retried once, and answered", async () => {
    const { ask, retried } = gateway();
    const broken = resetAfter(40);
    monitoring.fault = {
      toClient: (...chunk) => {
        monitoring.fault = healthy;
        broken.toClient?.(...chunk);
      },
    };
    const before = setup.executed.queries("monitoring");
    expect(await ask("{ alertRules { totalCount } }")).toMatchObject({
      data: { alertRules: { totalCount: 3 } },
      errors: [],
    });
    expect(retried).toEqual(["monitoring"]);
    expect(setup.executed.queries("monitoring") - before).toBe(2);
  });

  it("a query is not retried twice, and its fields are null with an error", async () => {
    const { ask, retried } = gateway();
    monitoring.fault = resetAfter(40);
    const before = setup.executed.queries("monitoring");
    const { data, errors } = await ask("{ alertRules { totalCount } clusters { totalCount } }");
    expect(data).toEqual({ alertRules: null, clusters: { totalCount: 3 } });
    expect(errors).toEqual([
      {
        message: "The monitoring part of the graph did not answer.",
        path: ["alertRules"],
        extensions: { code: "SUBGRAPH_UNAVAILABLE", subgraph: "monitoring" },
      },
    ]);
    expect(retried).toEqual(["monitoring"]);
    expect(setup.executed.queries("monitoring") - before).toBe(2);
  });

  it("a mutation is executed once, is not retried, and reports that it has no response", async () => {
    const { ask, retried } = gateway();
    setup.networks.auth.fault = resetAfter(40);
    const before = setup.executed.mutations("auth");
    const { data, errors } = await ask(createRole, { name: "made once" });
    expect(data).toEqual({ createRole: null });
    expect(errors.map(({ path, extensions }) => ({ path, extensions }))).toEqual([
      { path: ["createRole"], extensions: { code: "SUBGRAPH_UNAVAILABLE", subgraph: "auth" } },
    ]);
    expect(retried).toEqual([]);
    expect(setup.executed.mutations("auth") - before).toBe(1);
    const made = await asOwner(
      setup.product.urls.url("auth"),
      (sql) => sql`select 1 from roles where name = 'made once' and tenant_id = ${fleet.tenantId}`,
    );
    expect(made).toHaveLength(1);
  });

  it("queries to a subgraph that always breaks off are retried only within the retry budget", async () => {
    const { ask, retried } = gateway({ failuresToOpen: Infinity, retryBurst: 2, retryShare: 0.25 });
    monitoring.fault = resetAfter(40);
    const before = setup.executed.queries("monitoring");
    for (let request = 0; request < 20; request += 1) await ask("{ alertRules { totalCount } }");
    // The budget starts with two retries, which is its maximum; each of the 19 calls after the first adds a quarter.
    expect(retried).toHaveLength(6);
    expect(setup.executed.queries("monitoring") - before).toBe(26);
  });
});

describe("fault 4: with a slow network", () => {
  it("of 50 ms and of 500 ms, the response is complete", async () => {
    const { ask } = gateway({ callTimeoutMs: 10_000 });
    for (const milliseconds of [50, 500]) {
      monitoring.fault = delayed(milliseconds);
      expect(await ask(query)).toMatchObject({ data: whole, errors: [] });
    }
  });

  it("that exceeds the deadline, calls end at the deadline, and nothing queues", async () => {
    const { ask, calls } = gateway({ callTimeoutMs: 600, failuresToOpen: Infinity }, { keepAliveMs: 200 });
    monitoring.fault = delayed(1_000);
    const answers = await Promise.all(Array.from({ length: 5 }, () => ask(query)));
    for (const { data, errors } of answers) {
      expect(data).toEqual(blanked());
      expect(codes(errors)).toEqual(["SUBGRAPH_TIMEOUT"]);
    }
    expect(new Set(calls.filter(({ subgraph }) => subgraph === "monitoring").map(({ outcome }) => outcome))).toEqual(
      new Set(["timed out"]),
    );
    await noConnectionsLeft();
  });
});

describe("fault 5: with 10 KB a second", () => {
  it("a small response arrives, a large one ends at the deadline, and its connection is closed", async () => {
    const { ask } = gateway({ callTimeoutMs: 800, failuresToOpen: Infinity }, { keepAliveMs: 200 });
    monitoring.fault = throttled(10_000);
    expect(await ask("{ alertRules { totalCount } }")).toMatchObject({ data: { alertRules: { totalCount: 3 } } });
    const ids = Array.from({ length: 800 }, (_, index) => `id${index}: id`).join(" ");
    const { data, errors } = await ask(`{ clusters { totalCount } alertRules { nodes { ${ids} } } }`);
    expect({ data, codes: codes(errors) }).toEqual({
      data: { clusters: { totalCount: 3 }, alertRules: null },
      codes: ["SUBGRAPH_TIMEOUT"],
    });
    await noConnectionsLeft();
  });

  it("or any other pace, a response is read up to its limit and no further", async () => {
    const { ask, calls } = gateway({}, { maxAnswerBytes: 1_000_000, keepAliveMs: 200 });
    monitoring.fault = endless("HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n\r\n");
    const { data, errors } = await ask(query);
    expect({ data, codes: codes(errors) }).toEqual({ data: blanked(), codes: ["SUBGRAPH_UNAVAILABLE"] });
    expect(calls.find(({ subgraph }) => subgraph === "monitoring")?.outcome).toBe("unusable");
    await noConnectionsLeft();
  });
});

describe("fault 6: an invalid response", () => {
  const response = (head: string, body: string) => `HTTP/1.1 ${head}\r\ncontent-length: ${body.length}\r\n\r\n${body}`;
  const answers: [string, NetworkFault, string][] = [
    ["HTML", answering(response("200 OK\r\ncontent-type: text/html", "<h1>secret-canary</h1>")), "unusable"],
    ["status 500", answering(response("500 Error", '{"error":"secret-canary"}')), "unusable"],
    [
      "status 401 for its signature",
      answering(
        response(
          "401 Unauthorized",
          '{"errors":[{"message":"secret-canary","extensions":{"code":"UNAUTHENTICATED"}}]}',
        ),
      ),
      "unusable",
    ],
    ["status 503", answering(response("503 Unavailable", "secret-canary")), "unreachable"],
    ["a redirect", answering(response("302 Found\r\nlocation: http://10.1.2.3/secret-canary", "")), "unusable"],
    ["a response that is not HTTP", answering("secret-canary\r\n\r\n"), "unusable"],
    ["truncated JSON", answering(response("200 OK", '{"data":{"secret-canary":')), "unusable"],
    ["an empty body", answering(response("200 OK", "")), "unusable"],
    [
      "a body shorter than its content-length",
      answering('HTTP/1.1 200 OK\r\ncontent-length: 999\r\n\r\n{"data":"secret-canary"}'),
      "unreachable",
    ],
    [
      "a body longer than its content-length",
      answering('HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\n{"data":{"secret-canary":1}}'),
      "unusable",
    ],
    ["a connection that closes without a response", answering(""), "unreachable"],
  ];

  it.each(answers)(
    "(%s) is reported as a part that did not answer, and none of its content leaks",
    async (_what, fault, outcome) => {
      const { ask, calls } = gateway();
      monitoring.fault = fault;
      const answer = await ask(query);
      expect({ data: answer.data, codes: codes(answer.errors) }).toEqual({
        data: blanked(),
        codes: ["SUBGRAPH_UNAVAILABLE"],
      });
      expect(JSON.stringify(answer)).not.toMatch(/secret-canary|10\.1\.2\.3|127\.0\.0\.1/);
      expect(calls.filter(({ subgraph }) => subgraph === "monitoring").map((call) => call.outcome)).toContain(outcome);
      monitoring.fault = healthy;
      expect(await ask(query)).toMatchObject({ data: whole, errors: [] });
    },
  );
});

describe("fault 7: when connections are accepted and stay silent,", () => {
  it("a thousand calls end at their deadline and leave no socket", async () => {
    monitoring.fault = hung;
    const transport = guarded(
      overHttp({ monitoring: monitoring.url }, callSigner("gateway", [{ id: "1", secret: "key" }]), {
        keepAliveMs: 200,
      }),
      {
        callTimeoutMs: 50,
        failuresToOpen: Infinity,
        callsWaiting: 1_000,
      },
    );
    const context = { identity: anonymous, requestId: "request", deadline: Date.now() + 60_000 };
    const before = monitoring.accepted();
    for (let round = 0; round < 20; round += 1) {
      const outcomes = await Promise.allSettled(
        Array.from({ length: 50 }, (_, call) =>
          transport.send(
            "monitoring",
            { query: `{ call${round * 50 + call} }`, operation: "query" },
            context,
            new AbortController().signal,
          ),
        ),
      );
      for (const outcome of outcomes) expect(outcome).toMatchObject({ reason: { code: "SUBGRAPH_TIMEOUT" } });
    }
    expect(monitoring.accepted() - before).toBeGreaterThan(httpLimits.connections);
    expect(monitoring.open()).toBeLessThanOrEqual(httpLimits.connections);
    await noConnectionsLeft();
    await transport.close();
  });

  it("the subgraph is not called after three failures, and the others answer as before", async () => {
    const { ask, breakers } = gateway({ callTimeoutMs: 400, firstProbeMs: 60_000, longestProbeMs: 60_000 });
    monitoring.fault = hung;
    // Three different ones, because equal ones at the same time are one call.
    await Promise.all([1, 2, 3].map((number) => ask(`{ a${number}: alertRules { totalCount } }`)));
    expect(breakers).toEqual(["monitoring open"]);
    monitoring.fault = healthy;
    const before = setup.executed.queries("monitoring");
    const { data, errors } = await ask(query);
    expect({ data, codes: codes(errors) }).toEqual({ data: blanked(), codes: ["SUBGRAPH_UNAVAILABLE"] });
    expect(setup.executed.queries("monitoring")).toBe(before);
  });
});
