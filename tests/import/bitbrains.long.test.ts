import { gzipSync } from "node:zlib";
import { afterEach, describe, expect, test } from "vitest";
import { importBitbrains } from "#import/bitbrains.ts";
import { bitbrainsHeader } from "#import/bitbrains-trace.ts";
import { demo, emptyFleet, line, type TestFleet, trace, traceStart } from "./fleet.ts";

let fleet: TestFleet;
const started: TestFleet[] = [];
const begin = async () => {
  fleet = await emptyFleet();
  started.push(fleet);
};
afterEach(async () => {
  for (const each of started.splice(0)) await each.close();
});

const now = new Date(Math.floor(Date.now() / 3_600_000) * 3_600_000 + 1_234_000);
const run = (path: string, options: Partial<Parameters<typeof importBitbrains>[2]> = {}) =>
  importBitbrains(fleet.dbs, path, { tenant: demo, now, ...options });
const samples = () =>
  fleet.rows<{ vm: string; time: Date; cpu: number; recv: string; sent: string; read: string; write: string }>(
    "monitoring",
    `select vm_id as vm, time, cpu_usage_percent as cpu, network_bytes_recv as recv, network_bytes_sent as sent,
      disk_read_bytes as read, disk_write_bytes as write from vm_metrics order by vm_id, time`,
  );

describe("the Bitbrains import", () => {
  test("creates a VM for each VM of the trace and shifts its times by whole hours so that it ends now", async () => {
    await begin();
    const result = await run(fleet.file("day.csv.gz", trace(5, 12)));
    expect(result).toMatchObject({ vms: 5, samplesWritten: 60, rejected: 0, repeats: 0, truncated: false });
    expect(result.shiftSeconds % 3_600).toBe(0);
    const end = Date.parse(result.to ?? "");
    expect(end).toBeLessThanOrEqual(now.getTime());
    expect(end).toBeGreaterThan(now.getTime() - 3_600_000);
    const vms = await fleet.rows<{ name: string; state: string; config: { cpuMillicores: number; memoryMb: number } }>(
      "vms",
      "select name, state, resource_config as config from vms order by name",
    );
    expect(vms.map(({ name }) => name)).toEqual([1, 2, 3, 4, 5].map((vm) => `bitbrains-${vm}`));
    expect(vms[0]).toMatchObject({ state: "running", config: { cpuMillicores: 2_000, memoryMb: 4_096 } });
  });

  test("integrates rates into counters: the first sample over 300 seconds, each later one since the sample before", async () => {
    await begin();
    const rates = [0.467, 1.5, 0, 12.25];
    const times = [0, 299, 600, 2_400];
    const lines = times.map((at, n) => line(1, traceStart + at, { net_rx_kbps: rates[n] as number }));
    await run(fleet.file("day.csv", [bitbrainsHeader, ...lines].join("\n")));
    let total = 0;
    const expected = times.map((at, n) => {
      const seconds = n === 0 ? 300 : at - (times[n - 1] as number);
      total += Math.round((rates[n] as number) * 1024 * seconds);
      return String(total);
    });
    expect((await samples()).map(({ recv }) => recv)).toEqual(expected);
  });

  test("keeps the first of two lines about one VM and time, also when the second is in a later batch", async () => {
    await begin();
    const lines = [
      line(1, traceStart, { cpu_pct: 10, net_rx_kbps: 1 }),
      line(1, traceStart, { cpu_pct: 99, net_rx_kbps: 50 }),
      line(2, traceStart),
      line(1, traceStart + 300, { cpu_pct: 20, net_rx_kbps: 1 }),
      line(1, traceStart + 300, { cpu_pct: 98, net_rx_kbps: 50 }),
    ];
    const result = await run(fleet.file("day.csv", [bitbrainsHeader, ...lines].join("\n")), { batchSize: 1 });
    expect(result).toMatchObject({ samplesWritten: 3, repeats: 2 });
    const first = (await samples()).filter(({ cpu }) => cpu !== 5);
    expect(first.map(({ cpu }) => cpu)).toEqual([10, 20]);
    expect(first.map(({ recv }) => Number(recv))).toEqual([300 * 1_024, 600 * 1_024]);
  });

  test("reports malformed rows with file and line, and imports the others as if these did not exist", async () => {
    await begin();
    const bad = [
      "1,2,3",
      line(1, traceStart + 300, { ts: "yesterday" }),
      line(1, traceStart + 300, { cpu_pct: -1 }),
      "é\u0000",
    ];
    const rows = [bitbrainsHeader, line(1, traceStart), ...bad, line(1, traceStart + 600), ""];
    const result = await run(fleet.file("day.csv", rows.join("\n")));
    expect(result).toMatchObject({ samplesWritten: 2, rejected: 4 });
    expect(result.rejections).toEqual([
      "day.csv:3: 3 fields instead of 12",
      'day.csv:4: ts: "yesterday" is not a time in seconds',
      'day.csv:5: cpu_pct: "-1" is not a number from 0 to 1e10',
      "day.csv:6: 1 fields instead of 12",
    ]);
    expect((await samples()).map(({ read }) => Number(read))).toEqual([300 * 1_024, 900 * 1_024]);
  });

  test("changes nothing in any table when the same file is imported again, and reuses the first shift", async () => {
    await begin();
    const path = fleet.file("day.csv.gz", trace(6, 20));
    const first = await run(path);
    const before = await fleet.contents();
    const again = await run(path, { now: new Date(now.getTime() + 5 * 3_600_000) });
    expect(again).toMatchObject({
      samplesWritten: 0,
      shiftSeconds: first.shiftSeconds,
      from: first.from,
      to: first.to,
    });
    expect(await fleet.contents()).toBe(before);
  });

  test("resumes after an abort, and ends with the same samples as an import without one", async () => {
    await begin();
    const path = fleet.file("day.csv.gz", trace(6, 40));
    await run(path);
    const whole = await samples();
    await begin();
    const abort = new AbortController();
    const stopped = run(fleet.file("day.csv.gz", trace(6, 40)), {
      batchSize: 30,
      signal: abort.signal,
      onProgress: () => abort.abort(),
    });
    await expect(stopped).rejects.toMatchObject({ code: "IMPORT_INTERRUPTED" });
    const [half] = await fleet.rows<{ n: number; status: string }>(
      "monitoring",
      "select (select count(*)::int from vm_metrics) as n, status from dataset_imports",
    );
    expect(half?.status).toBe("interrupted");
    expect(half?.n).toBeGreaterThan(0);
    expect(half?.n).toBeLessThan(whole.length);
    const rest = await run(fleet.file("day.csv.gz", trace(6, 40)));
    expect(rest.samplesWritten).toBe(whole.length - (half?.n ?? 0));
    expect(await samples()).toEqual(whole);
  });

  test("reports a gzip file that is cut off, keeps what could be read, and resumes with the whole file", async () => {
    await begin();
    const content = trace(40, 60);
    const zipped = gzipSync(content);
    await run(fleet.file("day-2013-07-01.csv.gz", zipped), { keepTimes: true });
    const whole = await samples();
    await begin();
    const cut = fleet.file("day-2013-07-01.csv.gz", zipped.subarray(0, Math.floor(zipped.length * 0.6)));
    await expect(run(cut, { keepTimes: true })).rejects.toMatchObject({
      code: "IMPORT_SOURCE_TRUNCATED",
      message: expect.stringContaining("is damaged or cut off after line"),
    });
    const part = (await samples()).length;
    expect(part).toBeGreaterThan(0);
    expect(part).toBeLessThan(whole.length);
    const rest = await run(fleet.file("day-2013-07-01.csv.gz", zipped), { keepTimes: true });
    expect(rest.samplesWritten).toBe(whole.length - part);
    expect(await samples()).toEqual(whole);
  });

  test("keeps the trace's own times when requested, and makes retention keep their days", async () => {
    await begin();
    const result = await run(fleet.file("day.csv", trace(2, 6)), { keepTimes: true });
    expect(result).toMatchObject({ shiftSeconds: 0, from: "2013-07-01T00:00:01.000Z" });
    const holds = await fleet.rows<{ from: Date; to: Date }>(
      "monitoring",
      "select held_from as from, held_to as to from metric_retention_holds",
    );
    expect(holds).toEqual([{ from: new Date("2013-07-01T00:00:00Z"), to: new Date("2013-07-02T00:00:00Z") }]);
  });

  test("rolls up every hour of the trace and keeps every VM's last value with its rates", async () => {
    await begin();
    await run(fleet.file("day.csv", trace(3, 30)));
    const [check] = await fleet.rows<{ wrong: number; marks: number; latest: number; rates: number }>(
      "monitoring",
      `select (select count(*)::int from (
          select vm_id, date_trunc('hour', time, 'UTC') as hour, count(*) as n, sum(cpu_usage_percent) as total from vm_metrics group by 1, 2) raw
          full join vm_metrics_hourly rolled using (vm_id, hour)
          where raw.n is distinct from rolled.sample_count or abs(raw.total - rolled.cpu_usage_percent_sum) > 1e-6) as wrong,
        (select count(*)::int from metric_dirty_hours) as marks,
        (select count(*)::int from vm_metrics_latest l where time = (select max(time) from vm_metrics m where m.vm_id = l.vm_id)) as latest,
        (select count(*)::int from vm_metrics_latest where network_bytes_recv_per_second > 0) as rates`,
    );
    expect(check).toEqual({ wrong: 0, marks: 0, latest: 3, rates: 3 });
  });
});
