import { readFileSync } from "node:fs";
import { parse } from "graphql";
import { authentication } from "#gateway/authentication/authenticate.ts";
import { IdentityCache } from "#gateway/authentication/identity-cache.ts";
import { KeyLimits } from "#gateway/authentication/key-limits.ts";
import { operationAccess } from "#gateway/authorization/operation-access.ts";
import { operationOf } from "#gateway/operation.ts";
import { startGateway } from "#gateway/http/server.ts";
import { guarded } from "#gateway/transport/guarded.ts";
import { overHttp } from "#gateway/transport/http.ts";
import { asset } from "#lib/assets.ts";
import { callerKeys, callSigner } from "#lib/trust/call-keys.ts";
import type { Keyring } from "#lib/trust/keyring.ts";
import { policies } from "#lib/trust/request-context.ts";
import { type Call, signContext, verifyContext } from "#lib/trust/signed-context.ts";
import { administratorKey } from "#tests/harness/credentials.ts";
import { productSupergraph } from "#tests/harness/supergraph.ts";
import { startSubgraphProcesses } from "./separate-processes.ts";
import { post } from "./one-request.ts";
import { onPreparedServer } from "./prepared-server.ts";
import { runUntilReady } from "./processes.ts";
import type { Figure } from "./report.ts";

/**
 * Measures the cost of identifying the caller of docs/one-request.graphql for 50 VMs, of checking what they may do, and of proving it to the subgraphs. The
 * figures are shares of the CPU of the request. Five subgraphs run in separate processes, and the gateway runs in this process. Then each part is measured by
 * itself, many times.
 */
export const run = ({ quick }: { quick: boolean }): Promise<Figure[]> =>
  onPreparedServer(async ({ dataDir, url, stops, request: { body, query } }) => {
    await makeAdministrator(dataDir);
    const { processes, signingKeys } = await startSubgraphProcesses(url, dataDir);
    stops.push(...[...processes.values()].map((process) => process.stop));
    const http = overHttp(
      Object.fromEntries([...processes].map(([name, process]) => [name, process.url])),
      callSigner("gateway", signingKeys),
    );
    let calls: Call[] = [];
    const transport = guarded(
      {
        send: (audience, request, context, signal) => {
          const { query: text, variables } = request;
          calls.push({ audience, context, body: JSON.stringify({ query: text, variables }) });
          return http.send(audience, request, context, signal);
        },
        close: () => http.close(),
      },
      { callTimeoutMs: 5_000 },
    );
    const cache = new IdentityCache();
    const environment = "dev";
    const authenticating = authentication({ transport, environment, limits: new KeyLimits() });
    const remembering = authentication({ transport, environment, limits: new KeyLimits(), cache });
    const identify: typeof remembering.identify = (request) => {
      cache.confirm(performance.now());
      return remembering.identify(request);
    };
    const gateway = await startGateway({
      supergraphSdl: readFileSync(asset("supergraph.graphql"), "utf8"),
      policies,
      transport,
      identify,
      ready: async () => true,
      introspection: false,
      host: "127.0.0.1",
      port: 0,
    });
    stops.push(() => gateway.close());

    const key = administratorKey(dataDir);
    const cpuMs = () => ownCpuMs() + [...processes.values()].reduce((sum, process) => sum + process.cpuMs(), 0);
    const requestMs = await cpuOfEach(quick ? 100 : 500, cpuMs, async () => {
      calls = [];
      await post(gateway.url, body, key);
    });
    const signed = [...calls];
    const many = quick ? 500 : 5_000;
    const sent = { headers: { authorization: `Bearer ${key}` } };
    const identifyMs = await cpuOfEach(many, cpuMs, () => authenticating.identify(sent));
    const rememberedMs = await cpuOfEach(many, ownCpuMs, () => identify(sent));
    const identity = await identify(sent);
    const supergraph = productSupergraph();
    const operation = operationOf(parse(query), undefined);
    if (!operation) throw new Error("The one request is an operation.");
    const access = operationAccess(supergraph.apiSchema, supergraph.accessRules, operation);
    const allowedMs = await cpuOfEach(many * 10, ownCpuMs, async () => access.refusalsFor(identity));
    const signingMs = await cpuOfEach(many, ownCpuMs, signAndCheck(signingKeys, signed));
    const share = (name: string, value: number, aim?: string): Figure => {
      const figure = { name, value, unit: "ms", ratio: value / requestMs, against: "the request" };
      return aim === undefined ? figure : { ...figure, aim };
    };
    return [
      { name: "the request, CPU of subgraphs and gateway", value: requestMs, unit: "ms" },
      { name: "its calls", value: signed.length, unit: "calls" },
      share("authentication, identity cached", rememberedMs),
      share("authentication, identity queried from the subgraph auth", identifyMs),
      share("authorization at the gateway", allowedMs),
      share("signing and checking its calls", signingMs),
      share("all three, identity cached", rememberedMs + allowedMs + signingMs, "at most 0.05×"),
      share("all three, identity queried", identifyMs + allowedMs + signingMs, "at most 0.05×"),
    ];
  });

/** A start creates the first administrator where an import has only filled the databases. */
async function makeAdministrator(dataDir: string): Promise<void> {
  const product = await runUntilReady(["cli/bin.js", "start", "--port", "0", "--data-dir", dataDir, "--no-demo"]);
  await product.stop();
}

function signAndCheck(keys: Keyring, calls: readonly Call[]): () => Promise<void> {
  const signer = callSigner("gateway", keys);
  const checking = new Map(calls.map(({ audience }) => [audience, callerKeys("gateway", keys, audience)]));
  return async () => {
    for (const call of calls) {
      const context = { ...call.context, deadline: Date.now() + 5_000 };
      const headers = Object.entries(signContext(signer, { ...call, context })).map(([name, value]) => [name, [value]]);
      const trusted = checking.get(call.audience) ?? [];
      const verified = verifyContext(trusted, call.audience, Object.fromEntries(headers), call.body);
      if ("refused" in verified) throw new Error(verified.refused);
    }
  };
}

/** Returns the CPU time of one of `count` runs in milliseconds, after as many runs that warm up. */
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
