import { setTimeout as pause } from "node:timers/promises";
import { bundlePrograms } from "../bundle-programs.ts";
import { type Figure, percentile } from "../report.ts";
import { start } from "./process.ts";
import { measureProduct } from "./product.ts";

const outdir = "dist/bench";
const ours = "ours";
const bare = "a bare broadcast";

/** Measures sockets of one gateway over a log in memory, next to a program that sends the same bytes to as many sockets; then those of the whole product. */
export async function run({ quick }: { quick: boolean }): Promise<Figure[]> {
  const programs = ["bench/subscriptions/serve.ts", "bench/subscriptions/clients.ts"];
  await bundlePrograms(programs, `${outdir}/subscriptions`);
  const size = quick ? 0.1 : 1;
  const measured = {
    [ours]: await measure("gateway", size),
    [bare]: await measure("broadcast", size),
  };
  const product = await measureProduct(size);
  const [mine, theirs] = [measured[ours], measured[bare]];
  return [
    {
      name: `${ours}, 5,000 sockets that receive one event a second, p50`,
      value: percentile(mine.paced, 0.5),
      unit: "ms",
    },
    {
      name: `${ours}, the same, p99`,
      value: percentile(mine.paced, 0.99),
      unit: "ms",
      ratio: percentile(mine.paced, 0.99) / percentile(theirs.paced, 0.99),
      against: bare,
      aim: "under 250 ms",
    },
    {
      name: `${ours}, 20,000 deliveries a second, p99`,
      value: percentile(mine.fast, 0.99),
      unit: "ms",
      ratio: percentile(mine.fast, 0.99) / percentile(theirs.fast, 0.99),
      against: bare,
    },
    {
      name: `${ours}, CPU of 1,000 deliveries`,
      value: mine.cpuMs,
      unit: "ms",
      ratio: theirs.cpuMs / mine.cpuMs,
      against: `the rate of ${bare}`,
      aim: "at least 0.5×",
    },
    {
      name: `${ours}, deliveries`,
      value: mine.rate,
      unit: "a second",
      ratio: mine.rate / theirs.rate,
      against: bare,
      aim: "at least 0.5×",
    },
    {
      name: `${ours}, 10,000 idle sockets, memory of each`,
      value: mine.bytesOfSocket / 1024,
      unit: "KiB",
      ratio: mine.bytesOfSocket / theirs.bytesOfSocket,
      against: bare,
    },
    {
      name: `${ours}, 5,000 sockets reconnecting at once`,
      value: mine.returnedMs / 1_000,
      unit: "s",
      ratio: mine.returnedMs / theirs.returnedMs,
      against: bare,
      aim: "under 30 s",
    },
    {
      name: `${ours}, event-loop delay meanwhile, p99`,
      value: mine.returnDelayMs,
      unit: "ms",
      aim: "under 500 ms",
    },
    ...product,
  ];
}

interface Measured {
  /** Milliseconds from the event to the client. */
  paced: number[];
  fast: number[];
  cpuMs: number;
  rate: number;
  bytesOfSocket: number;
  returnedMs: number;
  returnDelayMs: number;
}

async function measure(kind: "gateway" | "broadcast", size: number): Promise<Measured> {
  const server = await start([`${outdir}/subscriptions/serve.js`, kind], "measured");
  const clients = await start([`${outdir}/subscriptions/clients.js`, server.url], "load");
  try {
    const idle = Math.round(10_000 * size);
    const before = await server.request<{ rss: number; heapUsed: number }>({ look: true });
    await clients.request({ open: idle, subscribe: false });
    const held = await server.request<{ rss: number }>({ look: true });
    await clients.request({ close: true });
    await pause(1_000);

    const many = Math.round(5_000 * size);
    await clients.request({ open: many, subscribe: true });
    const paced: number[] = [];
    for (let second = 0; second < 30 * size + 2; second += 1) {
      const received = clients.request<{ latencies: number[] }>({ wait: many });
      server.send({ append: 1 });
      const { latencies } = await received;
      if (second >= 2) paced.push(...latencies);
      await pause(1_000);
    }
    await clients.request({ close: true });
    await pause(500);
    await server.request({ look: true });
    const { ms: returnedMs } = await clients.request<{ ms: number }>({ open: many, subscribe: true, returning: true });
    const { delayP99Ms: returnDelayMs } = await server.request<{ delayP99Ms: number }>({ look: true });
    await clients.request({ close: true });
    await pause(500);

    const few = Math.round(1_000 * size);
    await clients.request({ open: few, subscribe: true });
    const rounds = 20;
    const seconds = Math.ceil(10 * size);
    const fast: number[] = [];
    const cpuBefore = server.cpuMs();
    for (let round = 0; round < rounds * seconds; round += 1) {
      const received = clients.request<{ latencies: number[] }>({ wait: few });
      server.send({ append: 1 });
      const [{ latencies }] = await Promise.all([received, pause(1_000 / rounds)]);
      fast.push(...latencies);
    }
    const cpuMs = (server.cpuMs() - cpuBefore) / ((rounds * seconds * few) / 1_000);
    const flood = Math.round(200 * Math.max(size, 0.5));
    const flooded = clients.request<{ deliveries: number }>({ wait: flood * few });
    const began = performance.now();
    for (let sent = 0; sent < flood; sent += 10) {
      server.send({ append: 10 });
      await pause(1);
    }
    await flooded;
    const rate = (flood * few * 1_000) / (performance.now() - began);
    return { paced, fast, cpuMs, rate, bytesOfSocket: (held.rss - before.rss) / idle, returnedMs, returnDelayMs };
  } finally {
    await clients.stop();
    await server.stop();
  }
}
