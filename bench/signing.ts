import { readFileSync, rmSync } from "node:fs";
import { newKey } from "#cli/keys.ts";
import { type Domain, domains } from "#db/columns.ts";
import { startEmbeddedPostgres } from "#db/embedded/start.ts";
import { startGateway } from "#gateway/server.ts";
import { guarded } from "#gateway/transport/guarded.ts";
import { overHttp } from "#gateway/transport/http.ts";
import { asset } from "#lib/assets.ts";
import { demoTenantId, demoUserId } from "#lib/demo-tenant.ts";
import type { Keyring } from "#lib/keyring.ts";
import { type Call, signContext, verifyContext } from "#lib/signed-context.ts";
import { newestSample, prepare } from "./one-request.ts";
import { closePools, openPools } from "./one-request-by-hand.ts";
import { type Running, runToEnd, runUntilReady } from "./processes.ts";
import type { Figure } from "./report.ts";
import { temporaryDataDir } from "#tests/harness/data-dir.ts";

const pageSize = 50;

/**
 * What signing and checking the calls of docs/one-request.graphql for 50 VMs costs, as a share of the CPU of the request: five subgraphs apart, the gateway in
 * this process, and afterwards the calls of one request signed and checked again and again by themselves.
 */
export async function run({ quick }: { quick: boolean }): Promise<Figure[]> {
  const dataDir = temporaryDataDir("novacron-bench-");
  const stops: (() => Promise<unknown>)[] = [async () => rmSync(dataDir, { recursive: true, force: true })];
  try {
    await prepare(dataDir);
    await runToEnd(["--import", "tsx", "scripts/build.ts"]);
    const server = await startEmbeddedPostgres({ dataDir, databases: [] });
    stops.push(() => server.stop());
    const url = (domain: Domain) => server.url(`novacron_${domain}`);
    const pools = openPools(url);
    const to = await newestSample(pools.monitoring);
    await closePools(pools);

    const keys: Keyring = [newKey()];
    const subgraphs = await startSubgraphs(keys, url);
    stops.push(...[...subgraphs.values()].map((process) => process.stop));
    const carrier = overHttp(Object.fromEntries([...subgraphs].map(([name, process]) => [name, process.url])), keys);
    let calls: Call[] = [];
    const permissions = Array.from({ length: 30 }, (_, index) => `resource${index}:read`);
    const gateway = await startGateway({
      supergraphSdl: readFileSync(asset("supergraph.graphql"), "utf8"),
      transport: guarded(
        {
          send: (audience, request, context, signal) => {
            const { query: text, variables } = request;
            calls.push({ issuer: "gateway", audience, context, body: JSON.stringify({ query: text, variables }) });
            return carrier.send(audience, request, context, signal);
          },
          close: () => carrier.close(),
        },
        { callTimeoutMs: 5_000 },
      ),
      // As many rights as somebody has, that the context has its size; and all of them, that the answer has its.
      identify: async () => ({
        kind: "user",
        id: demoUserId,
        tenantId: demoTenantId,
        permissions: ["*", ...permissions],
      }),
      ready: async () => true,
      introspection: false,
      host: "127.0.0.1",
      port: 0,
    });
    stops.push(() => gateway.close());

    const from = new Date(to.getTime() - 3_600_000);
    const query = readFileSync("docs/one-request.graphql", "utf8");
    const body = JSON.stringify({ query, variables: { first: pageSize, from, to } });
    const ask = async () => {
      calls = [];
      const headers = { "content-type": "application/json" };
      const text = await (await fetch(gateway.url, { method: "POST", headers, body })).text();
      if (text.includes('"errors"')) throw new Error(text.slice(0, 500));
    };
    const cpuMs = () => ownCpuMs() + [...subgraphs.values()].reduce((sum, process) => sum + process.cpuMs(), 0);
    const requestMs = await cpuOfEach(quick ? 50 : 500, cpuMs, ask);
    const signingMs = await cpuOfEach(quick ? 500 : 5_000, ownCpuMs, async () => signAndCheck(keys, calls));
    return [
      { name: "a request, CPU of subgraphs and gateway", value: requestMs, unit: "ms" },
      { name: "calls of a request", value: calls.length, unit: "calls" },
      {
        name: "signing and checking its calls, CPU",
        value: signingMs,
        unit: "ms",
        ratio: signingMs / requestMs,
        against: "the request",
        aim: "at most 0.05× with all of authentication",
      },
    ];
  } finally {
    for (const stop of stops.reverse()) await stop();
  }
}

async function startSubgraphs(keys: Keyring, url: (domain: Domain) => string): Promise<Map<Domain, Running>> {
  const subgraphs = new Map<Domain, Running>();
  const NOVACRON_SIGNING_KEYS = keys.map(({ id, secret }) => `${id}:${secret}`).join(",");
  for (const domain of domains) {
    const secrets = { NOVACRON_SIGNING_KEYS, NOVACRON_PEPPER: newKey().secret };
    const env = { ...secrets, PORT: "0", [`DATABASE_URL_${domain.toUpperCase()}`]: url(domain) };
    subgraphs.set(domain, await runUntilReady([`dist/subgraphs/${domain}/main.js`], env));
  }
  return subgraphs;
}

function signAndCheck(keys: Keyring, calls: readonly Call[]): void {
  for (const call of calls) {
    const context = { ...call.context, deadline: Date.now() + 5_000 };
    const headers = Object.entries(signContext(keys, { ...call, context })).map(([name, value]) => [name, [value]]);
    const verified = verifyContext(keys, call.audience, Object.fromEntries(headers), call.body);
    if ("refused" in verified) throw new Error(verified.refused);
  }
}

/** CPU of one of `count` runs in milliseconds, after as many that warm up. */
async function cpuOfEach(count: number, cpuMs: () => number, once: () => Promise<unknown>): Promise<number> {
  for (let done = 0; done < count; done += 1) await once();
  const before = cpuMs();
  for (let done = 0; done < count; done += 1) await once();
  return (cpuMs() - before) / count;
}

function ownCpuMs(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1_000;
}
