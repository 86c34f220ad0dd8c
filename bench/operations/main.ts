import { setTimeout as delay } from "node:timers/promises";
import type { Database } from "#db/client.ts";
import { operationStore } from "#db/operations/store.ts";
import { OperationDefinitions } from "#lib/operations/definition.ts";
import { startWorker } from "#lib/operations/worker.ts";
import { insertWaiting } from "#tests/operations/waiting.ts";
import { type Figure, percentile } from "../report.ts";
import { bareSequence, dbos, type Engine, inFlight, openworkflow, ours, rowWriter, type Stops } from "./engines.ts";
import { hasPeers } from "./peers.ts";
import { type BenchServer, onServer, renewStatistics, scope } from "./server.ts";

/** Measures durable operations: four steps next to the bare sequence of their writes and to other engines, and what 10,000 waiting operations cost. */
export const run = ({ quick }: { quick: boolean }): Promise<Figure[]> =>
  onServer(async (server) => [...(await fourSteps(server, quick)), ...(await waits(server, quick))]);

interface Measured {
  engine: Engine;
  times: number[];
  rates: number[];
}

async function fourSteps(server: BenchServer, quick: boolean): Promise<Figure[]> {
  const [rounds, aloneMs, togetherMs] = quick ? [3, 300, 500] : [6, 1_500, 2_500];
  const stops: Stops = [];
  try {
    const write = rowWriter(server, stops);
    const engines = [bareSequence(write), ...ours(server, write, stops)];
    if (hasPeers()) engines.push(...(await openworkflow(server, write, stops)), await dbos(server, write, stops));
    const measured = engines.map((engine): Measured => ({ engine, times: [], rates: [] }));
    for (let round = -1; round < rounds; round += 1) {
      await renewStatistics(server);
      for (const { engine, times, rates } of measured) {
        const alone = await oneAfterTheOther(engine, aloneMs);
        const rate = await together(engine, togetherMs);
        // The first round warms up.
        if (round < 0) continue;
        times.push(...alone);
        rates.push(rate);
      }
    }
    const [bare] = measured;
    return bare ? measured.flatMap((one) => figuresOf(one, bare)) : [];
  } finally {
    for (const stop of stops.reverse()) await stop();
  }
}

async function oneAfterTheOther({ runOne }: Engine, ms: number): Promise<number[]> {
  const times: number[] = [];
  const endsAt = performance.now() + ms;
  while (performance.now() < endsAt) {
    const began = performance.now();
    await runOne();
    times.push(performance.now() - began);
  }
  return times;
}

async function together({ runOne }: Engine, ms: number): Promise<number> {
  const began = performance.now();
  let count = 0;
  await Promise.all(
    Array.from({ length: inFlight }, async () => {
      while (performance.now() < began + ms) {
        await runOne();
        count += 1;
      }
    }),
  );
  return (count * 1_000) / (performance.now() - began);
}

function figuresOf({ engine, times, rates }: Measured, bare: Measured): Figure[] {
  const { name, aims } = engine;
  const against = (value: number, of: number) =>
    engine === bare.engine ? {} : { ratio: value / of, against: "the bare sequence" };
  const p50 = percentile(times, 0.5);
  const rate = percentile(rates, 0.5);
  return [
    {
      name: `${name}, p50`,
      value: p50,
      unit: "ms",
      ...against(p50, percentile(bare.times, 0.5)),
      ...(aims ? { aim: aims.p50 } : {}),
    },
    { name: `${name}, p95`, value: percentile(times, 0.95), unit: "ms" },
    {
      name: `${name}, ${inFlight} in flight`,
      value: rate,
      unit: "/s",
      ...against(rate, percentile(bare.rates, 0.5)),
      ...(aims ? { aim: aims.rate } : {}),
    },
  ];
}

/** Measures an idle worker with and without waiting operations: its statements, and the processor time of this process. */
async function waits({ urls, owner, service, system }: BenchServer, quick: boolean): Promise<Figure[]> {
  const seconds = quick ? 3 : 10;
  const idle = async () => {
    let statements = 0;
    const counted: Database = {
      ...system,
      run: (...call) => {
        statements += 1;
        return system.run(...call);
      },
    };
    const store = operationStore({ service, system: counted, url: urls.ours });
    const worker = startWorker({ store, definitions: new OperationDefinitions([]) });
    await delay(1_500);
    const [before, cpu] = [statements, process.cpuUsage()];
    await delay(1_000 * seconds);
    const used = process.cpuUsage(cpu);
    const sent = statements - before;
    await worker.stop();
    return { sent, cpuMs: (used.user + used.system) / 1_000 };
  };
  const none = await idle();
  await insertWaiting(owner, { ...scope, kind: "effects", count: 10_000 });
  const many = await idle();
  return [
    { name: `statements of an idle worker in ${seconds} s`, value: none.sent, unit: "" },
    { name: "the same while 10,000 operations wait", value: many.sent, unit: "", aim: "no more" },
    { name: `processor time of an idle worker in ${seconds} s`, value: none.cpuMs, unit: "ms" },
    { name: "the same while 10,000 operations wait", value: many.cpuMs, unit: "ms", aim: "no more" },
  ];
}
