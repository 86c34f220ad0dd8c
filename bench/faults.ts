import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { Pool } from "undici";
import { bodyFor, subgraphUrl, supergraphSdl } from "./gateway/graph.ts";
import { type Running, runToEnd, runUntilReady } from "./processes.ts";
import { type Figure, percentile } from "./report.ts";

const first = 50;
/**
 * The requests of each phase of a round. They are paced, so that the gateway has the same load whether the subgraph is running or not. Both kinds combined take
 * half a core.
 */
const others = { count: 400, everyMs: 5 };
const touching = { count: 100, everyMs: 20 };
/** The whole request, and the same without the fields of the subgraph that is killed. */
const whole = bodyFor(first);
const withoutMetrics = whole.replace(/metrics \{[^}]*\}/, "");

const startSubgraphs = (port = "0"): Promise<Running> =>
  runUntilReady(["--import", "tsx", "bench/gateway/subgraphs.ts", port], { NODE_ENV: "production" });

/** Measures what a killed subgraph costs requests that do not touch it, and how soon it is queried again after a restart. */
export async function run({ quick }: { quick: boolean }): Promise<Figure[]> {
  await runToEnd(["--import", "tsx", "scripts/build.ts"]);
  const folder = mkdtempSync(join(tmpdir(), "novacron-faults-"));
  const stops: (() => Promise<unknown>)[] = [async () => rmSync(folder, { recursive: true, force: true })];
  try {
    const four = await startSubgraphs();
    stops.push(() => four.stop());
    let monitoring = await startSubgraphs();
    stops.push(() => monitoring.stop());
    const file = join(folder, "supergraph.graphql");
    writeFileSync(file, supergraphSdl(four.url));
    const urls = ["--url", `monitoring=${subgraphUrl(monitoring.url, "monitoring")}`];
    const args = ["dist/cli/run.js", "gateway", "--supergraph", file, ...urls, "--open", "--port", "0"];
    const gateway = await runUntilReady(args, { NODE_ENV: "production", LOG_LEVEL: "fatal" });
    stops.push(() => gateway.stop());
    const clients = new Clients(gateway.url);
    stops.push(() => clients.close());
    const alive: number[][] = [];
    const dead: number[][] = [];
    const recoveries: number[] = [];
    const rounds = quick ? 3 : 10;
    for (let round = 0; round <= rounds; round += 1) {
      const before = await clients.phase(true);
      await monitoring.stop("SIGKILL");
      const meanwhile = await clients.phase(false);
      monitoring = await startSubgraphs(new URL(monitoring.url).port);
      const back = performance.now();
      while (!(await clients.isWhole(whole))) await pause(5);
      // The first round warms up.
      if (round === 0) continue;
      recoveries.push(performance.now() - back);
      alive.push(before);
      dead.push(meanwhile);
    }
    // The median of the rounds: a round in which another program used the machine is worth nothing.
    const of = (phases: readonly number[][], share: number): number =>
      percentile(
        phases.map((milliseconds) => percentile(milliseconds, share)),
        0.5,
      );
    const [p99, p99Dead] = [of(alive, 0.99), of(dead, 0.99)];
    return [
      { name: "others' requests, p99 while all subgraphs are there", value: p99, unit: "ms" },
      {
        name: "the same while one is dead",
        value: p99Dead,
        unit: "ms",
        ratio: p99Dead / p99,
        against: "all there",
        aim: "at most 2×",
      },
      { name: "p50 while all are there", value: of(alive, 0.5), unit: "ms" },
      { name: "p50 while one is dead", value: of(dead, 0.5), unit: "ms" },
      {
        name: `from its ready line to a whole answer, slowest of ${recoveries.length}`,
        value: percentile(recoveries, 1) / 1_000,
        unit: "s",
        aim: "under 2 s",
      },
    ];
  } finally {
    for (const stop of stops.reverse()) await stop();
  }
}

class Clients {
  readonly #pool: Pool;

  constructor(url: string) {
    this.#pool = new Pool(new URL(url).origin, { connections: 16 });
  }

  /**
   * Sends both kinds of requests at once, each at its own pace.
   * @returns the time in milliseconds of each request that does not touch the subgraph
   * @throws Error when such a request fails, or when the other requests do not succeed or fail as `isThere` requires
   */
  async phase(isThere: boolean): Promise<number[]> {
    const milliseconds: number[] = [];
    const [answered, touched] = await Promise.all([
      paced(others, async () => {
        const began = performance.now();
        const isWhole = await this.isWhole(withoutMetrics);
        milliseconds.push(performance.now() - began);
        return isWhole;
      }),
      paced(touching, () => this.isWhole(whole)),
    ]);
    if (answered.includes(false)) throw new Error("A request that does not touch the subgraph failed.");
    if (touched.includes(!isThere))
      throw new Error("A request that touches the subgraph was not answered as it should.");
    return milliseconds;
  }

  async isWhole(body: string): Promise<boolean> {
    const headers = { "content-type": "application/json" };
    const response = await this.#pool.request({ method: "POST", path: "/graphql", headers, body });
    return (await response.body.text()).startsWith('{"data":{"vms":[');
  }

  close(): Promise<void> {
    return this.#pool.close();
  }
}

/** Runs `call` at a fixed rate, whether or not earlier calls have returned. */
async function paced<T>({ count, everyMs }: { count: number; everyMs: number }, call: () => Promise<T>): Promise<T[]> {
  const began = performance.now();
  const calls: Promise<T>[] = [];
  for (let at = 0; at < count; at += 1) {
    const wait = began + at * everyMs - performance.now();
    if (wait > 0) await pause(wait);
    calls.push(call());
  }
  return Promise.all(calls);
}
