import { randomUUID } from "node:crypto";
import { expect, it } from "vitest";
import { insertVmSamples, refreshNodeLatest, refreshVmLatest } from "#db/monitoring/sample-writes.ts";
import { latestNodeMetrics } from "#db/monitoring/system-metrics.ts";
import { latestVmMetrics } from "#db/monitoring/vm-metrics.ts";
import { at, onEveryMetricStorage } from "./metric-storage.ts";

const noon = at("2026-05-04T12:00:00Z");
const date = (seconds: number) => new Date(seconds * 1_000);

onEveryMetricStorage((database) => {
  /** Writes samples of (time, bytes sent) one batch after the other, and returns the last value. */
  async function lastAfter(...batches: [time: number, sent: number | null][][]) {
    const tenantId = randomUUID();
    const vmId = randomUUID();
    for (const batch of batches) {
      await database().write(tenantId, {
        vmId: batch.map(() => vmId),
        time: batch.map(([time]) => time),
        networkBytesSent: batch.map(([, sent]) => sent),
      });
      await database().service.write({ tenantId }, (tx) => refreshVmLatest(tx, [vmId]));
    }
    const [last] = await database().service.write({ tenantId }, (tx) => latestVmMetrics(tx, [vmId]));
    return last;
  }

  it("shows the newest sample, with the rates since the one before", async () => {
    expect(await lastAfter([[noon, 1_000]], [[noon + 60, 7_000]])).toMatchObject({
      time: date(noon + 60),
      previousTime: date(noon),
      networkBytesSent: 7_000,
      networkBytesSentPerSecond: 100,
      networkBytesRecvPerSecond: null,
    });
  });

  it("computes both from one batch, whatever its order", async () => {
    const last = await lastAfter([
      [noon + 20, 500],
      [noon + 30, 900],
      [noon, 100],
    ]);
    expect(last).toMatchObject({ time: date(noon + 30), previousTime: date(noon + 20), networkBytesSentPerSecond: 40 });
  });

  it("never goes back in time", async () => {
    expect(await lastAfter([[noon, 100]], [[noon - 60, 50]])).toMatchObject({
      time: date(noon),
      networkBytesSent: 100,
    });
  });

  it("has no rate when there is one sample", async () => {
    expect(await lastAfter([[noon, 100]])).toMatchObject({ networkBytesSentPerSecond: null, previousTime: null });
  });

  it("counts a decreased counter from zero", async () => {
    expect(await lastAfter([[noon, 5_000]], [[noon + 10, 300]])).toMatchObject({ networkBytesSentPerSecond: 30 });
  });

  it("has no rate across more than a quarter of an hour", async () => {
    expect(await lastAfter([[noon, 100]], [[noon + 901, 1_000]])).toMatchObject({ networkBytesSentPerSecond: null });
  });

  it("has no rate when the sample before lacks the counter", async () => {
    expect(await lastAfter([[noon, null]], [[noon + 10, 1_000]])).toMatchObject({ networkBytesSentPerSecond: null });
  });

  it("is correct after writers that overlapped, in whichever order they commit", async () => {
    const tenantId = randomUUID();
    const vmIds = [randomUUID(), randomUUID()];
    const times = Array.from({ length: 12 }, (_, index) => noon + index * 10);
    await database().write(tenantId, { vmId: vmIds, time: [noon - 10, noon - 10], networkBytesSent: [0, 0] });
    await Promise.all(
      times.map((time, index) =>
        database().service.write({ tenantId }, async (tx) => {
          await insertVmSamples(tx, { vmId: vmIds, time: [time, time], networkBytesSent: [1, 1] });
          await refreshVmLatest(tx, index % 2 === 0 ? vmIds : vmIds.toReversed());
        }),
      ),
    );
    const last = await database().service.write({ tenantId }, (tx) => latestVmMetrics(tx, vmIds));
    expect(last.map((row) => row?.time)).toEqual([date(noon + 110), date(noon + 110)]);
  });

  it("is null for a VM that never reported", async () => {
    const unknown = randomUUID();
    const tenantId = randomUUID();
    await database().service.write({ tenantId }, (tx) => refreshVmLatest(tx, [unknown]));
    expect(await database().service.write({ tenantId }, (tx) => latestVmMetrics(tx, [unknown]))).toEqual([null]);
  });

  it("is kept for nodes as well", async () => {
    const nodeId = randomUUID();
    const time = [noon, noon + 30];
    await database().writeNodes({ nodeId: [nodeId, nodeId], time, networkBytesRecv: [0, 600], loadAverage1m: [1, 2] });
    const scope = { tenantId: randomUUID() };
    await database().service.write(scope, (tx) => refreshNodeLatest(tx, [nodeId, nodeId.toUpperCase()]));
    const [last] = await database().service.write(scope, (tx) => latestNodeMetrics(tx, [nodeId]));
    expect(last).toMatchObject({ time: date(noon + 30), loadAverage1m: 2, networkBytesRecvPerSecond: 20 });
  });
});
