import { mkdtempSync, readdirSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { Pool } from "undici";
import { query as fleetQuery, supergraphSdl } from "./gateway/graph.ts";
import { type Held, runToEnd, runUntilReady, runWithProbe } from "./processes.ts";
import { type Figure, percentile } from "./report.ts";

/** Small, so that newer operations already evict those that the gateway keeps between two supergraphs, and not only when the old supergraph is dropped. */
const heapFlags = ["--max-semi-space-size=16", "--max-old-space-size=128"];
const replaceEveryMs = 10_000;
/** Half of the requests are a known one, the other half a new one each. Both combined take a third of a core. */
const askEveryMs = 20;
/** One of this many files is broken. */
const brokenEvery = 5;
const aliases = Array.from({ length: 60 }, (_, at) => `a${at}: name`).join(" ");

interface Sample extends Held {
  /** Minutes since the beginning. */
  at: number;
  handles: number;
}

/** Sends requests for ten minutes while the supergraph is replaced every ten seconds. Measures whether any request fails, and whether memory stays constant. */
export async function run({ quick }: { quick: boolean }): Promise<Figure[]> {
  await runToEnd(["--import", "tsx", "scripts/build.ts"]);
  const folder = mkdtempSync(join(tmpdir(), "novacron-soak-"));
  const stops: (() => Promise<unknown>)[] = [async () => rmSync(folder, { recursive: true, force: true })];
  try {
    const subgraphs = await runUntilReady(["--import", "tsx", "bench/gateway/subgraphs.ts"], {
      NODE_ENV: "production",
    });
    stops.push(() => subgraphs.stop());
    const versions = [
      supergraphSdl(subgraphs.url),
      supergraphSdl(subgraphs.url, { vms: "extend type Query { newer: Int }" }),
    ];
    const file = join(folder, "supergraph.graphql");
    writeFileSync(file, versions[0] ?? "");
    const args = [...heapFlags, "dist/cli/run.js", "gateway", "--supergraph", file, "--open", "--port", "0"];
    // Its log messages about broken files are expected.
    const gateway = await runWithProbe(args, { NODE_ENV: "production", LOG_LEVEL: "fatal" });
    stops.push(() => gateway.stop());
    const clients = new Clients(gateway.url);
    stops.push(() => clients.close());
    const began = performance.now();
    const replacements = (quick ? 60_000 : 600_000) / replaceEveryMs;
    const samples: Sample[] = [];
    let taken = 0;
    const ended = new AbortController();
    const querying = clients.askUntil(ended.signal);
    for (let count = 1; count <= replacements; count += 1) {
      await pause(replaceEveryMs - ((performance.now() - began) % replaceEveryMs));
      const handles = readdirSync(`/proc/${gateway.pid}/fd`).length;
      samples.push({ ...(await gateway.held()), at: (performance.now() - began) / 60_000, handles });
      const isBroken = count % brokenEvery === 0;
      const version = (count - Math.floor(count / brokenEvery)) % 2;
      replace(file, isBroken ? "type Query" : (versions[version] ?? ""));
      if (isBroken) continue;
      await clients.seen(version === 1);
      taken += 1;
    }
    ended.abort();
    await querying;
    return figuresOf(samples, clients, { taken, broken: replacements - taken });
  } finally {
    for (const stop of stops.reverse()) await stop();
  }
}

/** Replaces a file as a publisher should: at every moment there is a whole file. */
function replace(file: string, text: string): void {
  writeFileSync(`${file}.new`, text);
  renameSync(`${file}.new`, file);
}

class Clients {
  readonly milliseconds: number[] = [];
  failed = 0;
  readonly #pool: Pool;

  constructor(url: string) {
    this.#pool = new Pool(new URL(url).origin, { connections: 8 });
  }

  /** Sends requests at a fixed interval in milliseconds, whether or not earlier ones have been answered. */
  async askUntil(signal: AbortSignal): Promise<void> {
    const requests: Promise<void>[] = [];
    for (let count = 0; !signal.aborted; count += 1) {
      const first = 40 + (count % 20);
      const query =
        count % 2 === 0 ? fleetQuery : `query New${count}($first: Int!) { vms(first: $first) { ${aliases} } }`;
      requests.push(this.#count(JSON.stringify({ query, variables: { first } })));
      await pause(askEveryMs);
    }
    await Promise.all(requests);
  }

  /** Resolves when the gateway uses the supergraph that has, or does not have, the newer field. */
  async seen(isNewer: boolean): Promise<void> {
    const body = JSON.stringify({ query: `{ __type(name: "Query") { fields { name } } }` });
    while ((await this.#post(body)).includes('"newer"') !== isNewer) await pause(100);
  }

  close(): Promise<void> {
    return this.#pool.close();
  }

  async #count(body: string): Promise<void> {
    const began = performance.now();
    try {
      const text = await this.#post(body);
      if (!text.startsWith('{"data":{"vms":[')) throw new Error(text.slice(0, 500));
    } catch (error) {
      this.failed += 1;
      process.stderr.write(`${String(error)}\n`);
    }
    this.milliseconds.push(performance.now() - began);
  }

  async #post(body: string): Promise<string> {
    const headers = { "content-type": "application/json" };
    const response = await this.#pool.request({ method: "POST", path: "/graphql", headers, body });
    return response.body.text();
  }
}

function figuresOf(
  samples: readonly Sample[],
  { milliseconds, failed }: Clients,
  { taken, broken }: { taken: number; broken: number },
): Figure[] {
  // Before that, code is compiled and caches are filled for the first time. In a quick run, half of the time remains.
  const warm = samples.filter(({ at }) => at > (samples.at(-1)?.at ?? 0) / 10 && at > 0.5);
  const [first, last] = [warm[0], warm.at(-1)];
  if (!first || !last) throw new Error("Nothing was measured.");
  const mebibytes = (bytes: number): number => bytes / 2 ** 20;
  const minute = `minute ${first.at.toFixed(1)}`;
  return [
    { name: "requests", value: milliseconds.length, unit: "" },
    { name: "requests that failed", value: failed, unit: "", aim: "0" },
    { name: "requests, p99", value: percentile(milliseconds, 0.99), unit: "ms" },
    { name: "supergraphs loaded", value: taken, unit: "" },
    { name: "broken ones refused", value: broken, unit: "" },
    { name: `heap after a collection, ${minute}`, value: mebibytes(first.heapUsed), unit: "MiB" },
    { name: "the same in the end", value: mebibytes(last.heapUsed), unit: "MiB" },
    { name: "the same, slope", value: slope(warm, (one) => mebibytes(one.heapUsed)), unit: "MiB/min", aim: "flat" },
    { name: `resident memory, ${minute}`, value: mebibytes(first.rss), unit: "MiB" },
    { name: "the same in the end", value: mebibytes(last.rss), unit: "MiB" },
    { name: "the same, slope", value: slope(warm, (one) => mebibytes(one.rss)), unit: "MiB/min", aim: "flat" },
    { name: `open files and sockets, ${minute}`, value: first.handles, unit: "" },
    { name: "the same in the end", value: last.handles, unit: "", aim: "the same" },
    { name: `timers, sockets and threads, ${minute}`, value: first.resources, unit: "" },
    { name: "the same in the end", value: last.resources, unit: "", aim: "the same" },
  ];
}

/** Returns the slope of the least squares line, per minute. */
function slope(samples: readonly Sample[], valueOf: (sample: Sample) => number): number {
  const mean = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;
  const middle = mean(samples.map(({ at }) => at));
  const level = mean(samples.map(valueOf));
  const along = samples.reduce((sum, sample) => sum + (sample.at - middle) * (valueOf(sample) - level), 0);
  return along / samples.reduce((sum, { at }) => sum + (at - middle) ** 2, 0);
}
