import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from "vitest";
import { callerKeys, callerKeysText } from "#lib/trust/call-keys.ts";
import { type Child, startChild } from "#tests/separate-processes/child.ts";
import { bundle } from "#tests/harness/bundles.ts";
import type { Answer } from "#tests/harness/product.ts";
import { keys, type ProductOverHttp, productOverHttp, type WatchedGateway } from "./product-over-http.ts";

const query = "{ clusters { totalCount } alertRules { totalCount } }";
const whole = { data: { clusters: { totalCount: 3 }, alertRules: { totalCount: 3 } }, errors: [] };
const callTimeoutMs = 1_500;

let setup: ProductOverHttp;
let monitoring: Child;
let gateway: WatchedGateway;

const startMonitoring = (port = "0") =>
  startChild(bundle("subgraphs/monitoring/main.ts"), {
    DATABASE_URL_MONITORING: setup.product.urls.url("monitoring"),
    NOVACRON_CALLER_KEYS: callerKeysText(callerKeys("gateway", keys, "monitoring")),
    PORT: port,
  });

beforeAll(async () => {
  setup = await productOverHttp();
  monitoring = await startMonitoring();
});
afterAll(async () => {
  await monitoring?.end("SIGKILL");
  await setup?.stop();
});
beforeEach(() => {
  const urls = Object.entries(setup.networks).map(([domain, { url }]) => [domain, url]);
  gateway = setup.gatewayOver({ ...Object.fromEntries(urls), monitoring: monitoring.url }, { callTimeoutMs });
});
afterEach(() => gateway.close());

function expectBlanked({ data, errors }: Answer, code: string): void {
  expect({ data, errors }).toEqual({
    data: { ...whole.data, alertRules: null },
    errors: [expect.objectContaining({ path: ["alertRules"], extensions: { code, subgraph: "monitoring" } })],
  });
}

const outcomes = () => gateway.calls.filter(({ subgraph }) => subgraph === "monitoring").map(({ outcome }) => outcome);

/** Expects complete responses again within two seconds. */
async function expectRecovery(): Promise<void> {
  const begun = performance.now();
  await vi.waitFor(async () => expect(await gateway.ask(query)).toMatchObject(whole), {
    timeout: 10_000,
    interval: 25,
  });
  expect(performance.now() - begun).toBeLessThan(2_000);
  expect(gateway.breakers.at(-1)).toBe("monitoring closed");
}

describe("fault 1: a subgraph that is killed", () => {
  it("costs its own fields, is not called after three failures, and answers again in less than 2 s when it is back", async () => {
    expect(await gateway.ask(query)).toMatchObject(whole);
    await monitoring.end("SIGKILL");
    for (let request = 0; request < 3; request += 1) expectBlanked(await gateway.ask(query), "SUBGRAPH_UNAVAILABLE");
    expect(gateway.breakers).toEqual(["monitoring open"]);
    expect(outcomes()).toEqual(["answered", "unreachable", "unreachable", "unreachable"]);
    monitoring = await startMonitoring(new URL(monitoring.url).port);
    await expectRecovery();
  });
});

describe("fault 2: a subgraph that hangs", () => {
  it("costs its own fields at the deadline, and no time after three failures; it answers again when it resumes", async () => {
    expect(await gateway.ask(query)).toMatchObject(whole);
    monitoring.signal("SIGSTOP");
    for (let request = 0; request < 3; request += 1) expectBlanked(await gateway.ask(query), "SUBGRAPH_TIMEOUT");
    expect(gateway.breakers).toEqual(["monitoring open"]);
    const requests = Array.from({ length: 20 }, () => gateway.ask(query));
    for (const { data } of await Promise.all(requests)) expect(data).toEqual({ ...whole.data, alertRules: null });
    // Where a probe is due by now, one of these calls is that probe.
    expect(outcomes().filter((outcome) => outcome === "breaker open").length).toBeGreaterThanOrEqual(17);
    monitoring.signal("SIGCONT");
    await expectRecovery();
  });
});
