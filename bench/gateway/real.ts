import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { isDeepStrictEqual } from "node:util";
import { demoTenantId } from "#lib/trust/demo-tenant.ts";
import { administratorKey } from "#tests/harness/credentials.ts";
import { signingVariable, startGatewayProcess, startSubgraphProcesses } from "../separate-processes.ts";
import { closePools, openPools, readByHand } from "../one-request-by-hand.ts";
import { onPreparedServer, type PreparedServer } from "../prepared-server.ts";
import { type Running, runUntilReady } from "../processes.ts";
import { type Figure, percentile } from "../report.ts";
import {
  apollo,
  bundle,
  byHand,
  hive,
  hiveArguments,
  hiveEnvironment,
  hiveRouter,
  oursInProcess,
  oursOverHttp,
  outdir,
} from "./contenders.ts";
import { pin } from "./cores.ts";
import { hiveGateway } from "./peers.ts";
import { plainSupergraph } from "./plain-supergraph.ts";

/** Page sizes, 50 on average, one request after the other: no gateway gains by sending one call for two requests. */
const pages = Array.from({ length: 21 }, (_, at) => 40 + at);

interface Contender {
  name: string;
  times: number[];
  cpu: number;
  /** The CPU time of the gateway's process. In process and by hand, it is the CPU time of everything. */
  cpuMs(): number;
  once(first: number): Promise<unknown>;
}

/**
 * Measures docs/one-request.graphql for 40 to 60 VMs of the imported traces. Behind each gateway are five subgraphs in separate processes.
 * @throws Error without NOVACRON_TRACES
 */
export async function run({ quick }: { quick: boolean }): Promise<Figure[]> {
  if (!process.env["NOVACRON_TRACES"])
    throw new Error("gateway --real measures over imported traces: NOVACRON_TRACES must say which folder they are in.");
  return onPreparedServer(async (prepared) => {
    const contenders = await startContenders(prepared);
    await compare(contenders);
    const { rounds, each } = quick ? { rounds: 2, each: 21 } : { rounds: 10, each: 42 };
    for (let round = -1; round < rounds; round += 1) {
      for (const one of contenders) {
        const before = one.cpuMs();
        const times: number[] = [];
        for (let count = 0; count < each; count += 1) {
          const began = performance.now();
          await one.once(pages[count % pages.length] ?? 0);
          times.push(performance.now() - began);
        }
        // The first round warms up.
        if (round < 0) continue;
        one.times.push(...times);
        one.cpu += (one.cpuMs() - before) / (rounds * each);
      }
    }
    return contenders.flatMap((one) => figuresOf(one, contenders));
  });
}

async function startContenders({ dataDir, url, stops, request }: PreparedServer): Promise<Contender[]> {
  // Started first, because it creates the administrator.
  const oneProcess = await runUntilReady(["cli/bin.js", "start", "--port", "0", "--data-dir", dataDir, "--no-demo"]);
  stops.push(oneProcess.stop);
  const subgraphs = await startSubgraphProcesses(url, dataDir);
  for (const process of subgraphs.processes.values()) {
    stops.push(process.stop);
    pin(process.pid, "load");
  }
  pin(process.pid, "load");
  await bundle(["apollo-signing", "hive-signing"]);
  const urls = new Map([...subgraphs.processes].map(([domain, running]) => [domain as string, running.url]));
  const supergraph = join(dataDir, "plain-supergraph.graphql");
  writeFileSync(supergraph, plainSupergraph(readFileSync("supergraph.graphql", "utf8"), urls));
  const apiKey = administratorKey(dataDir);
  const { query, from, to } = request;
  const pools = openPools(url);
  stops.push(() => closePools(pools));
  const contenders: Contender[] = [
    {
      name: byHand,
      times: [],
      cpu: 0,
      cpuMs: ownCpuMs,
      once: (first) => readByHand(pools, demoTenantId, first, from, to),
    },
  ];
  const add = (name: string, running: Running): void => {
    pin(running.pid, "measured");
    contenders.push({
      name,
      times: [],
      cpu: 0,
      cpuMs: running.cpuMs,
      once: (first) => post(running.url, JSON.stringify({ query, variables: { first, from, to } }), apiKey),
    });
  };
  const start = async (args: readonly string[], variables: Record<string, string>): Promise<Running> => {
    const running = await runUntilReady(args, variables);
    stops.push(running.stop);
    return running;
  };
  const env = { NODE_ENV: "production", ...signingVariable(subgraphs.signingKeys) };
  add(apollo, await start([`${outdir}/apollo-signing.js`, supergraph], env));
  const gateway = await startGatewayProcess(subgraphs);
  stops.push(gateway.stop);
  add(oursOverHttp, gateway);
  add(oursInProcess, oneProcess);
  const bin = hiveGateway();
  if (bin) {
    const names = JSON.stringify(Object.fromEntries([...urls].map(([name, address]) => [address, name])));
    const hiveEnv = { ...env, ...hiveEnvironment, BENCH_SUBGRAPHS: names };
    const config = ["--config-path", `${outdir}/hive-signing.js`];
    const args = async () => [...(await hiveArguments(bin, supergraph)), ...config];
    add(hive, await start(await args(), hiveEnv));
    add(hiveRouter, await start([...(await args()), "--hive-router-runtime"], hiveEnv));
  }
  return contenders;
}

async function post(url: string, body: string, apiKey: string): Promise<unknown> {
  const headers = {
    "content-type": "application/json",
    accept: "application/json",
    authorization: `Bearer ${apiKey}`,
  };
  const response = await fetch(new URL("/graphql", url), { method: "POST", headers, body });
  const text = await response.text();
  if (response.status !== 200 || text.includes('"errors"'))
    throw new Error(`${response.status}: ${text.slice(0, 500)}`);
  return text;
}

/**
 * The program written by hand returns rows, which cannot be compared.
 * @throws Error when a gateway's response differs from Apollo's
 */
async function compare(contenders: readonly Contender[]): Promise<void> {
  for (const first of pages) {
    let expected: unknown;
    for (const { name, once } of contenders) {
      if (name === byHand) continue;
      const answer = await once(first).catch((error: unknown) => {
        throw new Error(`${name} does not answer first: ${first}.`, { cause: error });
      });
      const data = dataOf(String(answer));
      expected ??= data;
      if (!isDeepStrictEqual(data, expected)) throw new Error(`${name} answers first: ${first} differently.`);
    }
  }
}

/** The age of a sample grows from one request to the next, so it is not compared. */
const dataOf = (text: string): unknown =>
  (JSON.parse(text, (key, value: unknown) => (key === "ageSeconds" ? null : value)) as { data: unknown }).data;

function figuresOf({ name, cpu, times }: Contender, all: readonly Contender[]): Figure[] {
  const p50 = percentile(times, 0.5);
  const peers = [apollo, byHand].flatMap((peer) => all.filter((one) => one.name === peer && peer !== name));
  const suffix = name === oursInProcess ? " with its subgraphs" : "";
  const cpuFigure = { name: `${name}, CPU a request${suffix}`, value: cpu, unit: "ms" };
  const p50Figure = { name: `${name}, p50`, value: p50, unit: "ms" };
  return [
    ...peers.map((peer) => ({ ...cpuFigure, ratio: cpu / peer.cpu, against: peer.name })),
    ...peers.map((peer) => ({ ...p50Figure, ratio: p50 / percentile(peer.times, 0.5), against: peer.name })),
    { name: `${name}, p99`, value: percentile(times, 0.99), unit: "ms" },
  ];
}

function ownCpuMs(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1_000;
}
