import { isDeepStrictEqual } from "node:util";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Figure, percentile } from "../report.ts";
import { runUntilReady } from "../processes.ts";
import {
  apollo,
  byHand,
  type Contender,
  oursAsLibrary,
  oursInProcess,
  oursOverHttp,
  startContenders,
} from "./contenders.ts";
import { pin } from "./cores.ts";
import { supergraphSdl } from "./graph.ts";
import { Load } from "./load.ts";

const range = (from: number, to: number) => Array.from({ length: to - from + 1 }, (_, at) => from + at);
/** Page sizes, 50 on average. There are more sizes than concurrent requests, so that no gateway gains by sending one call for two requests. */
const pages = range(40, 60);
/** About 100 and about 1,000, varied so that no gateway can take two requests for the same. */
const growth = { small: range(92, 100), large: range(992, 1_000) };

/** Measures one query for 50 VMs of five synthetic subgraphs that answer from memory: what a gateway takes for it. */
export async function run({ quick }: { quick: boolean }): Promise<Figure[]> {
  const folder = mkdtempSync(join(tmpdir(), "novacron-bench-"));
  const stops: (() => Promise<unknown>)[] = [async () => rmSync(folder, { recursive: true, force: true })];
  try {
    const subgraphs = await runUntilReady(["--import", "tsx", "bench/gateway/subgraphs.ts"], {
      NODE_ENV: "production",
    });
    stops.push(subgraphs.stop);
    pin(subgraphs.pid, "load");
    pin(process.pid, "load");
    const supergraph = join(folder, "supergraph.graphql");
    writeFileSync(supergraph, supergraphSdl(subgraphs.url));
    const contenders = await startContenders(subgraphs.url, supergraph, stops);
    const measured = contenders.map((contender): Measured => {
      const load = new Load(contender.running.url, { isInProcess: contender.name === oursAsLibrary });
      stops.push(() => load.close());
      return { ...contender, load, cpu: 0, ms: 0, count: 0, small: [], large: [] };
    });
    await compare(measured);
    await takeTurns(measured, quick ? { rounds: 3, each: 200, pairs: 4 } : { rounds: 10, each: 400, pairs: 10 });
    return measured.flatMap((one) => figuresOf(one, measured));
  } finally {
    for (const stop of stops.reverse()) await stop();
  }
}

interface Measured extends Contender {
  load: Load;
  /** The CPU time of all measured requests, in milliseconds. */
  cpu: number;
  ms: number;
  count: number;
  /** The times of single requests for about 100 and about 1,000 VMs, in milliseconds. */
  small: number[];
  large: number[];
}

/** @throws Error when a contender's response differs from that of the program written by hand */
async function compare(measured: readonly Measured[]): Promise<void> {
  for (const first of [...pages, ...growth.small, ...growth.large]) {
    let expected: unknown;
    for (const { name, load } of measured) {
      const answer = dataOf(await load.call(first));
      expected ??= answer;
      if (!isDeepStrictEqual(answer, expected)) throw new Error(`${name} answers first: ${first} differently.`);
    }
  }
}

const dataOf = (text: string): unknown => (JSON.parse(text) as { data: unknown }).data;

/** Measures in turns, so that a slower minute of the machine affects all of them. */
async function takeTurns(
  measured: readonly Measured[],
  { rounds, each, pairs }: { rounds: number; each: number; pairs: number },
): Promise<void> {
  for (let round = -1; round < rounds; round += 1) {
    for (const one of measured) {
      const before = one.running.cpuMs();
      const ms = await one.load.run(each, pages);
      // The first round warms up.
      if (round < 0) continue;
      one.cpu += one.running.cpuMs() - before;
      one.ms += ms;
      one.count += each;
      for (let pair = 0; pair < pairs; pair += 1) {
        one.small.push(await timed(() => one.load.call(growth.small[pair % growth.small.length] ?? 0)));
        one.large.push(await timed(() => one.load.call(growth.large[pair % growth.large.length] ?? 0)));
      }
    }
  }
}

async function timed(once: () => Promise<unknown>): Promise<number> {
  const began = performance.now();
  await once();
  return performance.now() - began;
}

function figuresOf(one: Measured, all: readonly Measured[]): Figure[] {
  const { name, count, ms } = one;
  const isOurs = [oursOverHttp, oursInProcess, oursAsLibrary].includes(name);
  const cpuOf = (wanted: string): number => {
    const found = all.find((candidate) => candidate.name === wanted);
    return found ? found.cpu / found.count : Number.NaN;
  };
  const [small, large] = [percentile(one.small, 0.5), percentile(one.large, 0.5)];
  const cpu = { name: `${name}, CPU a request`, value: cpuOf(name), unit: "ms" };
  const share = name === oursOverHttp ? 10 : 12;
  return [
    name === apollo
      ? cpu
      : {
          ...cpu,
          ratio: cpuOf(name) / cpuOf(apollo),
          against: apollo,
          ...(isOurs ? { aim: `at most 1/${share}` } : {}),
        },
    ...(isOurs ? [{ ...cpu, ratio: cpuOf(name) / cpuOf(byHand), against: byHand, aim: "at most 3×" }] : []),
    { name: `${name}, requests answered`, value: (count / ms) * 1_000, unit: "a second" },
    { name: `${name}, p50 of first: 100`, value: small, unit: "ms" },
    {
      name: `${name}, p50 of first: 1000`,
      value: large,
      unit: "ms",
      ratio: large / small,
      against: "first: 100",
      ...(isOurs ? { aim: "at most 9×" } : {}),
    },
  ];
}
