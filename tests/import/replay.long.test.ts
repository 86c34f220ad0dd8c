import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { replayTraces } from "#demo/replay.ts";
import { importBitbrains } from "#import/bitbrains.ts";
import { demo, emptyFleet, type TestFleet, trace } from "./fleet.ts";

const vms = 3;
const steps = 8;
/** Seconds from one sample of a VM to its next, and from the end of the trace to its next beginning. */
const step = 300;
/** Seconds of one round: the VMs' samples are up to two seconds apart. */
const period = (steps - 1) * step + 2 + step;
const now = new Date(Math.floor(Date.now() / 3_600_000) * 3_600_000 + 1_234_000);
const counters = ["recv", "sent", "read", "write"] as const;

interface Sample extends Record<(typeof counters)[number], number> {
  vm: string;
  /** Seconds since the epoch. */
  time: number;
  cpu: number;
}

let fleet: TestFleet;
beforeEach(async () => {
  fleet = await emptyFleet();
});
afterEach(() => fleet.close());

const importTrace = (keepTimes = false) =>
  importBitbrains(fleet.dbs, fleet.file("day.csv", trace(vms, steps)), { tenant: demo, now, keepTimes });
const replayUntil = (seconds: number) => replayTraces(fleet.dbs, demo.id, new Date(seconds * 1000));
const samples = () =>
  fleet.rows<Sample>(
    "monitoring",
    `select vm_id as vm, extract(epoch from time)::float8 as time, cpu_usage_percent as cpu, network_bytes_recv::float8 as recv,
      network_bytes_sent::float8 as sent, disk_read_bytes::float8 as read, disk_write_bytes::float8 as write
    from vm_metrics order by vm_id, time`,
  );
const ofEachVm = (all: readonly Sample[]) =>
  [...new Set(all.map(({ vm }) => vm))].map((vm) => all.filter((sample) => sample.vm === vm));

/** Imports the trace and returns its samples and its end, in seconds since the epoch. */
async function imported(): Promise<{ original: Sample[]; end: number }> {
  const { to } = await importTrace();
  return { original: await samples(), end: Date.parse(to ?? "") / 1000 };
}

/** Returns the expected rows after a replay: the samples of every round up to a time. */
function rounds(original: readonly Sample[], until: number): Sample[] {
  return ofEachVm(original).flatMap((own) => {
    const total = own.at(-1) as Sample;
    return Array.from({ length: 9 }, (_, round) =>
      own.map((sample) => ({
        ...sample,
        time: sample.time + round * period,
        ...Object.fromEntries(counters.map((name) => [name, sample[name] + round * total[name]])),
      })),
    )
      .flat()
      .filter(({ time }) => time <= until);
  });
}

describe("the replay of an imported trace", () => {
  test("starts again one step after the trace's end, round after round, with no sample missing or repeated", async () => {
    const { original, end } = await imported();
    const until = end + 3 * period + 2 * step;
    const written = await replayUntil(until);
    const all = await samples();
    expect(all).toEqual(rounds(original, until));
    expect(written).toBe(all.length - original.length);
    expect(written).toBeGreaterThan(3 * vms * steps);
    const first = all.map(({ time }) => time).filter((time) => time > end);
    expect(Math.min(...first)).toBe(end + step);
  });

  test("lets every counter grow from round to round, with no gap between rounds longer than a step", async () => {
    const { end } = await imported();
    await replayUntil(end + 4 * period);
    for (const own of ofEachVm(await samples())) {
      for (const [at, sample] of own.entries()) {
        const before = own[at - 1];
        if (!before) continue;
        for (const name of counters) expect(sample[name]).toBeGreaterThan(before[name]);
        expect(sample.time - before.time).toBeGreaterThanOrEqual(step);
        // Between rounds, the VM with the first sample of the trace waits for the one with the last.
        expect(sample.time - before.time).toBeLessThanOrEqual(step + 2);
      }
    }
  });

  test("writes the same samples in many calls as in one, also around the end of a round", async () => {
    const { original, end } = await imported();
    const seam = end + period;
    const moments = [end - 1, end, end + step - 1, end + step, end + step + 1, end + 1_000, seam - 1, seam, seam + 1];
    const later = [seam + step - 1, seam + step, seam + step + 1, seam + step + 2, seam + 2 * period + 7];
    let known = original.length;
    for (const until of [...moments, ...later]) {
      const written = await replayUntil(until);
      const expected = rounds(original, Math.max(until, end));
      expect(await samples()).toEqual(expected);
      expect(written).toBe(expected.length - known);
      known = expected.length;
    }
  });

  test("writes nothing when it is called again for the same moment", async () => {
    const { end } = await imported();
    for (const until of [end + period, end + period + step, end + period + 1_234]) {
      expect(await replayUntil(until)).toBeGreaterThan(0);
      const before = await fleet.contents();
      expect(await replayUntil(until)).toBe(0);
      expect(await fleet.contents()).toBe(before);
    }
  });

  test("updates each VM's last value", async () => {
    const { end } = await imported();
    await replayUntil(end + 2 * period);
    const latest = await fleet.rows<{ vm: string; time: number; recv: number }>(
      "monitoring",
      `select vm_id as vm, extract(epoch from time)::float8 as time, network_bytes_recv::float8 as recv
        from vm_metrics_latest order by vm_id`,
    );
    const newest = ofEachVm(await samples()).map((own) => own.at(-1) as Sample);
    expect(latest).toEqual(newest.map(({ vm, time, recv }) => ({ vm, time, recv })));
  });

  test("writes only the last day's samples after a longer pause, at their places in the rounds", async () => {
    const { original, end } = await imported();
    const until = end + 90_000;
    await replayUntil(until);
    const brought = (await samples()).filter(({ time }) => time > end);
    const oldest = Math.min(...brought.map(({ time }) => time));
    expect(oldest).toBeGreaterThan(until - 86_400);
    expect(oldest).toBeLessThanOrEqual(until - 86_400 + step);
    const places = new Set(original.map(({ vm, time }) => `${vm} ${time % period}`));
    expect(brought.every(({ vm, time }) => places.has(`${vm} ${time % period}`))).toBe(true);
  });

  test("does not replay a trace that keeps its own times", async () => {
    await importTrace(true);
    const before = await fleet.contents();
    expect(await replayUntil(now.getTime() / 1000)).toBe(0);
    expect(await fleet.contents()).toBe(before);
  });
});
