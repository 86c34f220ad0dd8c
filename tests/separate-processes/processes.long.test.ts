import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { createClient } from "graphql-ws";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { WebSocket } from "ws";
import { type Domain, domains } from "#db/columns.ts";
import { changeStates, type StateChange } from "#db/vms/state-writes.ts";
import { callSigner } from "#lib/trust/call-keys.ts";
import { type Keyring, parseKeyring } from "#lib/trust/keyring.ts";
import { platformTenantId } from "#lib/trust/platform-tenant.ts";
import { anonymous } from "#lib/trust/request-context.ts";
import { signContext } from "#lib/trust/signed-context.ts";
import { fleetOf, insertFleet } from "#tests/graph/rows.ts";
import { bundle } from "#tests/harness/bundles.ts";
import { makeApiKey, makeUser, testPepper } from "#tests/harness/credentials.ts";
import { type Answer, askGraph, bootProduct, type TestProduct } from "#tests/harness/product.ts";
import { RawClient, subscribe } from "#tests/live/raw-client.ts";
import { until } from "#tests/live/until.ts";
import { callerKeysFor, callingSettings } from "#tests/harness/call-keys.ts";
import { novacron } from "#tests/running/command.ts";
import { type Child, startChild } from "./child.ts";

const fleet = fleetOf(1);
const keys = "old:the old key of this test and of nothing else";
const folder = mkdtempSync(join(tmpdir(), "novacron-apart-"));
const keyFile = join(folder, "gateway-keys");
writeFileSync(keyFile, `${keys}\n`);
const callerKeysFile = (domain: Domain) => join(folder, `${domain}-caller-keys`);
for (const domain of domains) writeFileSync(callerKeysFile(domain), `${callerKeysFor(domain, keys)}\n`);
const everything = `{
  tenants { nodes { name quota { maxVmCount } } }
  alertRules { nodes { name severity thresholdValue } }
  cloudProviders { nodes { name vms { nodes { providerVmId state } } } }
  clusters { nodes { name nodes { totalCount nodes { name vms { totalCount } } } } }
  vms(first: 10, orderBy: { field: NAME, direction: ASC }) { totalCount pageInfo { endCursor } nodes {
    name state tags { key value } owner { username } node { name platform { cluster { name } } } latestMetrics { cpuUsagePercent }
    alerts { totalCount nodes { message } } migrations { nodes { status steps { nodes { name } } } } allocations { nodes { memoryBytes } }
  } }
}`;

let product: TestProduct;
let inProcess: Answer;
const subgraphs = new Map<Domain, Child>();
let gateway: Child;
let apiKey: string;
const ask = (query: string) => askGraph(gateway.url, query, {}, apiKey);

async function startSubgraph(domain: Domain, port = "0"): Promise<Child> {
  const child = await startChild(bundle(`subgraphs/${domain}/main.ts`), {
    [`DATABASE_URL_${domain.toUpperCase()}`]: product.urls.url(domain),
    NOVACRON_CALLER_KEYS_FILE: callerKeysFile(domain),
    ...callingSettings(domain),
    ...callingSettings(domain),
    NOVACRON_PEPPER: testPepper,
    NOVACRON_ENCRYPTION_KEYS: "1:a key that only these processes know of",
    PORT: port,
  });
  subgraphs.set(domain, child);
  return child;
}

beforeAll(async () => {
  product = await bootProduct({ tenantId: fleet.tenantId });
  await insertFleet(product.urls, 1, 12);
  inProcess = await product.ask(everything);
  const administrator = await makeUser(product.databases.auth, { tenantId: platformTenantId, role: "admin" });
  ({ key: apiKey } = await makeApiKey(product.databases.auth, {
    tenantId: platformTenantId,
    userId: administrator.id,
    actsInTenantId: fleet.tenantId,
  }));
  await Promise.all(domains.map((domain) => startSubgraph(domain)));
  gateway = await startChild(bundle("gateway/main.ts"), {
    ...Object.fromEntries([...subgraphs].map(([domain, { url }]) => [`SUBGRAPH_URL_${domain.toUpperCase()}`, url])),
    NOVACRON_SIGNING_KEYS_FILE: keyFile,
    PORT: "0",
  });
});

afterAll(async () => {
  await Promise.all([gateway, ...subgraphs.values()].map((child) => child?.end("SIGKILL")));
  await product?.stop();
  rmSync(folder, { recursive: true });
});

it("a subscription over the network emits the changes in a subgraph's database, with data from the other processes", async () => {
  const vm = fleet.id("vm", 1);
  const change = (from: StateChange["from"], to: StateChange["to"]) =>
    product.databases.vms.write({ tenantId: fleet.tenantId }, (tx) =>
      changeStates(tx, [{ vmId: vm, from, to, reason: "test", initiatedBy: fleet.id("user", 1) }]),
    );
  const client = createClient({
    url: gateway.url.replace("http:", "ws:"),
    webSocketImpl: WebSocket,
    connectionParams: { authorization: `Bearer ${apiKey}` },
  });
  const query =
    "subscription { vmStateChanged { toState vm { name owner { username } latestMetrics { cpuUsagePercent } } } }";
  const answered = await fetch(gateway.url, {
    method: "POST",
    headers: { "content-type": "application/json", authorization: `Bearer ${apiKey}` },
    body: JSON.stringify({ query: "{ __typename }", extensions: { cursor: true } }),
  });
  const { extensions } = (await answered.json()) as { extensions: { cursor: string } };
  const events = client.iterate({ query, extensions: { after: extensions.cursor } });
  const next = events.next();
  expect(await change("stopped", "running")).toEqual([vm]);
  const { value } = await next;
  expect(value).toMatchObject({
    data: { vmStateChanged: { toState: "RUNNING", vm: { owner: { username: expect.any(String) as string } } } },
  });
  expect(value).not.toHaveProperty("errors");
  await events.return?.();
  await client.dispose();
  await change("running", "stopped");
});

it("attack 35: a revoked key is refused within two seconds and its socket closed, although a gateway in a separate process caches its identity", async () => {
  const { id: userId, tenantId } = await makeUser(product.databases.auth, { tenantId: fleet.tenantId });
  const { id, key } = await makeApiKey(product.databases.auth, { tenantId, userId });
  const me = () => askGraph(gateway.url, "{ me { id } }", {}, key);
  const client = new RawClient(gateway.url);
  await client.connect(
    { authorization: `Bearer ${key}` },
    subscribe("1", "subscription { vmStateChanged { toState } }"),
  );
  await until(() => client.of("ping").length > 0);
  for (let times = 0; times < 3; times += 1) expect((await me()).data).toEqual({ me: { id: userId } });
  const revoke = "mutation ($id: ID!) { revokeApiKey(input: { id: $id }) { apiKey { id } userErrors { code } } }";
  expect((await askGraph(gateway.url, revoke, { id }, key)).data.revokeApiKey.userErrors).toEqual([]);
  const began = performance.now();
  await expect.poll(me, { timeout: 15_000, interval: 20 }).toMatchObject({ status: 401 });
  expect(await client.closeCode()).toBe(4403);
  expect(performance.now() - began).toBeLessThan(2_000);
});

describe("five subgraphs and the gateway, each started from its bundle as a separate process,", () => {
  it("return what they return in one process", async () => {
    expect(inProcess.errors).toEqual([]);
    expect(await ask(everything)).toEqual(inProcess);
    expect((await fetch(new URL("/health/ready", gateway.url))).status).toBe(200);
  });

  it("refuse calls that the gateway has not signed", async () => {
    for (const { url } of subgraphs.values()) {
      const body = JSON.stringify({ query: "{ _service { sdl } }" });
      const response = await fetch(url, { method: "POST", headers: { "content-type": "application/json" }, body });
      expect(response.status).toBe(401);
    }
  });

  it("case G44, fault 1: survive the death of one, which blanks only its own fields until it is back", async () => {
    const monitoring = subgraphs.get("monitoring");
    expect(await monitoring?.end("SIGKILL")).toBe("SIGKILL");
    const answer = await ask(everything);
    const blanked = structuredClone(inProcess.data);
    blanked.alertRules = null;
    for (const vm of blanked.vms.nodes) Object.assign(vm, { latestMetrics: null, alerts: null });
    expect(answer.data).toEqual(blanked);
    expect(new Set(answer.errors.map(({ extensions }) => JSON.stringify(extensions)))).toEqual(
      new Set([JSON.stringify({ code: "SUBGRAPH_UNAVAILABLE", subgraph: "monitoring" })]),
    );
    const { port } = new URL(monitoring?.url ?? "");
    expect(JSON.stringify(answer.errors)).not.toContain(port);
    const readiness = await fetch(new URL("/health/ready", gateway.url));
    expect([readiness.status, await readiness.json()]).toEqual([200, { status: "degraded", degraded: ["monitoring"] }]);

    await startSubgraph("monitoring", port);
    await vi.waitFor(async () => expect(await ask(everything)).toEqual(inProcess), {
      timeout: 5_000,
      interval: 50,
    });
  });

  it("apply new signing keys while they run, without a refused call", async () => {
    const rotate = async (...more: string[]) => {
      const { code, stdout } = await novacron(["keys", "rotate", "--file", keyFile, "--json", ...more]);
      expect(code).toBe(0);
      return JSON.parse(stdout) as { keyId: string; removed: string[] };
    };
    const ending = new AbortController();
    const querying = (async () => {
      const refused: unknown[] = [];
      let requests = 0;
      // The rotation takes ten seconds, and a process that lacks a key would lack it for a good part of one: the requests need not take both processors.
      for (; !ending.signal.aborted; requests += 1, await delay(20))
        refused.push(...(await ask("{ me { id } vms(first: 1) { nodes { id } } }")).errors);
      return { answered: requests, refused };
    })();
    const { keyId } = await rotate();
    expect(parseKeyring(readFileSync(keyFile, "utf8").trim())?.map(({ id }) => id)).toEqual([keyId, "old"]);
    expect(await rotate("--remove-old")).toMatchObject({ keyId, removed: ["old"] });
    // Once every process has applied the last change, the subgraphs answer only calls that are signed with the new key.
    const signed = signContext(callSigner("gateway", parseKeyring(keys) as Keyring), {
      audience: "vms",
      context: { identity: anonymous, requestId: "1", deadline: Date.now() + 60_000 },
      body: "{}",
    });
    const old = () => fetch(subgraphs.get("vms")?.url ?? "", { method: "POST", body: "{}", headers: signed });
    await expect.poll(async () => (await old()).status, { timeout: 10_000 }).toBe(401);
    ending.abort();
    const { answered, refused } = await querying;
    expect(refused).toEqual([]);
    expect(answered).toBeGreaterThan(100);
  });

  it("stop cleanly on SIGTERM", async () => {
    const codes = await Promise.all([gateway, ...subgraphs.values()].map((child) => child.end("SIGTERM")));
    expect(codes).toEqual([0, 0, 0, 0, 0, 0]);
  });
});

it.each(domains.filter((domain) => domain !== "vms"))("the %s subgraph reports why it cannot start", async (domain) => {
  await expect(startChild(bundle(`subgraphs/${domain}/main.ts`), {})).rejects.toThrow(/\nCONFIGURATION_INVALID: /);
});
