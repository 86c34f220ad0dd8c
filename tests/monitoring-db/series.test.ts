import { randomUUID } from "node:crypto";
import { beforeAll, describe, expect, it } from "vitest";
import type { Tx } from "#db/client.ts";
import type { SeriesAggregate } from "#db/monitoring/metric-series.ts";
import { nodeMetricSeries } from "#db/monitoring/system-metrics.ts";
import { type VmSeries, vmMetricSeries, vmSeriesMetrics } from "#db/monitoring/vm-metrics.ts";
import { at, type MonitoringDatabase, onEveryMetricStorage, seededRandom } from "./metric-storage.ts";
import { type Bucket, fromHours, fromSamples, type OracleSample } from "./series-oracle.ts";

const midnight = at("2026-05-04T00:00:00Z");
const hour = 3_600;
const aggregates: SeriesAggregate[] = ["avg", "min", "max", "count"];
const date = (seconds: number) => new Date(seconds * 1_000);

/** Returns seven hours of realistic samples of a VM: jitter, repeated values, missing values, gaps, and resets of the counter. */
function lifeOf(random: () => number): OracleSample[] {
  const samples: OracleSample[] = [];
  let counter = Math.floor(random() * 1e9);
  for (let time = midnight - hour + Math.floor(random() * 600); time < midnight + 6 * hour;) {
    counter = random() < 0.03 ? Math.floor(random() * 1_000) : counter + Math.floor(random() * 1e7);
    samples.push({
      time,
      gauge: random() < 0.1 ? null : Math.round(random() * 10_000) / 100,
      counter: random() < 0.05 ? null : counter,
    });
    time += random() < 0.04 ? 700 + Math.floor(random() * 5_000) : 20 + Math.floor(random() * 100);
  }
  return samples;
}

onEveryMetricStorage((database) => {
  const tenantId = randomUUID();
  const lives = new Map<string, OracleSample[]>();

  beforeAll(async () => {
    const random = seededRandom(20_260_504);
    for (let vm = 0; vm < 6; vm++) lives.set(randomUUID(), lifeOf(random));
    for (const [vmId, samples] of lives) await writeLife(database(), tenantId, vmId, samples);
    await database().rollUp();
  });

  const read = (ids: readonly string[], from: number, to: number, stepSeconds: number, wanted = aggregates) =>
    database().service.write({ tenantId }, (tx) =>
      vmMetricSeries(tx, ids, {
        from: date(from),
        to: date(to),
        stepSeconds,
        aggregates: wanted,
        metrics: ["cpuUsagePercent", "networkBytesSentPerSecond"],
      }),
    );

  describe.each<[name: string, tier: string, oracle: typeof fromHours, spans: [number, number, number][]]>([
    [
      "a series of samples",
      "raw",
      fromSamples,
      [
        [midnight, midnight + hour, 60],
        [midnight, midnight + 6 * hour, 300],
        [midnight + 17, midnight + 2 * hour + 31, 60],
        [midnight, midnight + 600, 1],
        [midnight - hour, midnight + 6 * hour, 1_800],
      ],
    ],
    [
      "a series of hours",
      "hourly",
      fromHours,
      [
        [midnight, midnight + 6 * hour, hour],
        [midnight, midnight + 6 * hour, 2 * hour],
        [midnight - hour, midnight + 6 * hour, 24 * hour],
        [midnight + hour + 59, midnight + 5 * hour, hour],
      ],
    ],
  ])("%s", (_name, tier, oracle, spans) => {
    it.each(spans)("from %d to %d in steps of %d s equals the oracle's", async (from, to, step) => {
      const all = await read([...lives.keys()], from, to, step);
      for (const [index, samples] of [...lives.values()].entries()) {
        const series = all[index] as VmSeries;
        expect(series.tier).toBe(tier);
        expectSeries(series, oracle(samples, from, to, step, database().engine === "timescale"));
      }
    });
  });

  it("has only the requested aggregates", async () => {
    const [vmId] = lives.keys();
    const [series] = await read([vmId as string], midnight, midnight + hour, 600, ["max"]);
    expect(Object.keys(series?.metrics ?? {})).toEqual(["cpuUsagePercent", "networkBytesSentPerSecond"]);
    expect(series?.metrics.cpuUsagePercent).toMatchObject({ avg: null, min: null, count: null });
    expect(series?.metrics.cpuUsagePercent?.max).toHaveLength(6);
  });

  it("has the time of every bucket, and null for buckets without samples", async () => {
    const vmId = randomUUID();
    await writeLife(database(), tenantId, vmId, [{ time: midnight + 600, gauge: 5, counter: 1 }]);
    const [series] = await read([vmId], midnight, midnight + 1_500, 300);
    expect(series?.times).toEqual([0, 300, 600, 900, 1_200].map((offset) => date(midnight + offset)));
    expect(series?.sampleCount).toEqual([0, 0, 1, 0, 0]);
    expect(series?.metrics.cpuUsagePercent?.avg).toEqual([null, null, 5, null, null]);
    expect(series?.metrics.networkBytesSentPerSecond?.avg).toEqual([null, null, null, null, null]);
  });

  it("begins with a rate when there is a sample shortly before it", async () => {
    const vmId = randomUUID();
    await writeLife(database(), tenantId, vmId, [
      { time: midnight - 30, gauge: null, counter: 100 },
      { time: midnight + 30, gauge: null, counter: 700 },
    ]);
    const [series] = await read([vmId], midnight, midnight + 60, 60);
    expect(series?.metrics.networkBytesSentPerSecond?.avg).toEqual([10]);
  });

  it("is empty, not absent, for a VM that never reported, and series keep the order of the requested ids", async () => {
    const [known] = lives.keys();
    const unknown = randomUUID();
    const all = await read([unknown, known as string, unknown], midnight, midnight + hour, 600);
    expect(all.map((series) => series.sampleCount.some((count) => count > 0))).toEqual([false, true, false]);
  });

  it("of fifty VMs and every metric takes one statement in either tier", async () => {
    const ids = [...lives.keys(), ...Array.from({ length: 44 }, () => randomUUID())];
    for (const stepSeconds of [300, hour]) {
      let statements = 0;
      await database().service.write({ tenantId }, async (tx) => {
        const counting: Tx = {
          ...tx,
          run: (statement, values) => {
            statements++;
            return tx.run(statement, values);
          },
        };
        const question = { from: date(midnight), to: date(midnight + hour), stepSeconds };
        const all = await vmMetricSeries(counting, ids, { ...question, aggregates, metrics: vmSeriesMetrics });
        expect(all).toHaveLength(50);
      });
      expect(statements).toBe(1);
    }
  });

  it("uses a bounded number of statements, whatever clients request", async () => {
    const [vmId] = lives.keys();
    const [whole] = await read([vmId as string], midnight, midnight + hour, 300);
    const texts = new Set<string>();
    await database().service.write({ tenantId }, async (tx) => {
      const noting: Tx = {
        ...tx,
        run: (statement, values) => {
          texts.add(statement.text());
          return tx.run(statement, values);
        },
      };
      for (let set = 1; set <= 300; set++) {
        const metrics = vmSeriesMetrics.filter((_, index) => (set >> index) % 2 === 1);
        const question = { from: date(midnight), to: date(midnight + hour), stepSeconds: 300 };
        const [series] = await vmMetricSeries(noting, [vmId as string], { ...question, aggregates: ["avg"], metrics });
        expect(Object.keys(series?.metrics ?? {})).toEqual(metrics);
        const cpu = series?.metrics.cpuUsagePercent;
        if (cpu) expect(cpu).toEqual({ ...whole?.metrics.cpuUsagePercent, min: null, max: null, count: null });
      }
    });
    expect(texts.size).toBeLessThanOrEqual(201);
  });

  it("is computed for nodes in the same way", async () => {
    const nodeId = randomUUID();
    const samples = lifeOf(seededRandom(7));
    await database().writeNodes({
      nodeId: samples.map(() => nodeId),
      time: samples.map(({ time }) => time),
      cpuUsagePercent: samples.map(({ gauge }) => gauge),
      networkBytesSent: samples.map(({ counter }) => counter),
    });
    await database().rollUp();
    for (const [stepSeconds, oracle] of [[300, fromSamples] as const, [2 * hour, fromHours] as const]) {
      const [series] = await database().service.write({ tenantId }, (tx) =>
        nodeMetricSeries(tx, [nodeId], {
          from: date(midnight),
          to: date(midnight + 6 * hour),
          stepSeconds,
          aggregates,
          metrics: ["cpuUsagePercent", "networkBytesSentPerSecond"],
        }),
      );
      expectSeries(series as VmSeries, oracle(samples, midnight, midnight + 6 * hour, stepSeconds));
    }
  });
});

const writeLife = (database: MonitoringDatabase, tenantId: string, vmId: string, samples: readonly OracleSample[]) =>
  database.write(tenantId, {
    vmId: samples.map(() => vmId),
    time: samples.map(({ time }) => time),
    cpuUsagePercent: samples.map(({ gauge }) => gauge),
    networkBytesSent: samples.map(({ counter }) => counter),
  });

function expectSeries(series: VmSeries, expected: readonly Bucket[]): void {
  expect(series.sampleCount).toEqual(expected.map(({ samples }) => samples));
  for (const [metric, part] of [
    ["cpuUsagePercent", "gauge"] as const,
    ["networkBytesSentPerSecond", "rate"] as const,
  ]) {
    for (const aggregate of aggregates) {
      const values = series.metrics[metric]?.[aggregate] ?? [];
      expect(values).toHaveLength(expected.length);
      for (const [index, bucket] of expected.entries()) {
        const wanted = bucket[part][aggregate];
        // An empty bucket has no count either.
        if (wanted === null || bucket.samples === 0) expect(values[index]).toBeNull();
        else expect(values[index] as number).toBeCloseTo(wanted, 4);
      }
    }
  }
}
