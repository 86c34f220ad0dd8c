import { randomUUID } from "node:crypto";
import { expect, it } from "vitest";
import { ensureMetricRange } from "#db/monitoring/metric-ranges.ts";
import { insertVmSamples } from "#db/monitoring/sample-writes.ts";
import { at, onEveryMetricStorage } from "./metric-storage.ts";

const noon = at("2026-05-04T12:00:00Z");

onEveryMetricStorage((database) => {
  const stored = (vmId: string) => database().allTenants<{ time: number; cpu: number | null; memory: string | null }[]>`
      select extract(epoch from time)::float8 as time, cpu_usage_percent as cpu, memory_usage_bytes as memory
      from vm_metrics where vm_id = ${vmId} order by time`;

  it("stores the same batch once, however often it is sent", async () => {
    const tenantId = randomUUID();
    const vmId = randomUUID();
    const batch = { vmId: [vmId, vmId], time: [noon, noon + 60], cpuUsagePercent: [1, 2] };
    expect(await database().write(tenantId, batch)).toBe(2);
    expect(await database().write(tenantId, batch)).toBe(0);
    expect(await stored(vmId)).toHaveLength(2);
  });

  it("keeps the first of two samples of one VM and time, in one batch and in two", async () => {
    const tenantId = randomUUID();
    const vmId = randomUUID();
    const twice = { vmId: [vmId, vmId], time: [noon, noon], cpuUsagePercent: [7, 8] };
    expect(await database().write(tenantId, twice)).toBe(1);
    expect(await database().write(tenantId, { vmId: [vmId], time: [noon], cpuUsagePercent: [9] })).toBe(0);
    expect(await stored(vmId)).toMatchObject([{ cpu: 7 }]);
  });

  it("accepts samples that arrive late and in any order", async () => {
    const vmId = randomUUID();
    const time = [noon, noon - 86_400, noon + 120, noon + 60, noon - 3_600];
    await database().write(randomUUID(), { vmId: time.map(() => vmId), time, cpuUsagePercent: time.map(() => 1) });
    expect((await stored(vmId)).map((sample) => sample.time)).toEqual(time.toSorted());
  });

  it("distinguishes a missing value from zero, and keeps a large counter exactly", async () => {
    const vmId = randomUUID();
    const large = 9_007_199_254_740_993n;
    await database().write(randomUUID(), {
      vmId: [vmId, vmId],
      time: [noon, noon + 1],
      cpuUsagePercent: [0, null],
      memoryUsageBytes: [null, large],
    });
    expect(await stored(vmId)).toMatchObject([
      { cpu: 0, memory: null },
      { cpu: null, memory: String(large) },
    ]);
  });

  it("accepts a batch of two thousand samples and an empty batch", async () => {
    const tenantId = randomUUID();
    const vmId = randomUUID();
    const time = Array.from({ length: 2_000 }, (_, index) => noon + index);
    expect(await database().write(tenantId, { vmId: time.map(() => vmId), time, cpuUsagePercent: time })).toBe(2_000);
    const none = await database().service.write({ tenantId }, (tx) => insertVmSamples(tx, { vmId: [], time: [] }));
    expect(none).toBe(0);
  });

  it("stores a large batch once from concurrent writers, and the first of repeated samples within it", async () => {
    const tenantId = randomUUID();
    const vmIds = Array.from({ length: 4 }, () => randomUUID());
    const time = Array.from({ length: 2_400 }, (_, index) => noon + Math.floor(index / 4));
    const batch = {
      time,
      vmId: time.map((_, index) => vmIds[index % 4] as string),
      cpuUsagePercent: time.map(() => 1),
    };
    await database().write(tenantId, { vmId: [randomUUID()], time: [noon] });
    const written = await Promise.all(
      Array.from({ length: 3 }, () => database().service.write({ tenantId }, (tx) => insertVmSamples(tx, batch))),
    );
    expect(written.reduce((sum, each) => sum + each)).toBe(2_400);
    const vmId = randomUUID();
    const twice = { time, vmId: time.map(() => vmId), cpuUsagePercent: time.map((_, index) => index) };
    expect(await database().write(tenantId, twice)).toBe(600);
    expect((await stored(vmId)).map(({ cpu }) => cpu)).toEqual(Array.from({ length: 600 }, (_, index) => 4 * index));
  });

  it.each([Number.NaN, Number.POSITIVE_INFINITY])(
    "refuses the value %s, which would corrupt its hour",
    async (value) => {
      const vmId = randomUUID();
      const batch = { vmId: [vmId], time: [noon], cpuUsagePercent: [value] };
      await expect(database().write(randomUUID(), batch)).rejects.toThrow(RangeError);
    },
  );

  it("refuses columns of unequal length", async () => {
    const vmId = randomUUID();
    const batch = { vmId: [vmId, vmId], time: [noon, noon + 1], cpuUsagePercent: [1] };
    await expect(database().write(randomUUID(), batch)).rejects.toThrow(RangeError);
    expect(await stored(vmId)).toEqual([]);
  });

  it("creates partitions for history of any age", async () => {
    const tenantId = randomUUID();
    const vmId = randomUUID();
    const time = [at("2013-07-01T00:00:00Z"), at("2019-12-31T23:59:59Z"), at("2024-02-29T12:00:00Z")];
    for (const one of time) await database().write(tenantId, { vmId: [vmId], time: [one], cpuUsagePercent: [5] });
    expect((await stored(vmId)).map((sample) => sample.time)).toEqual(time);
  });

  it.each([
    ["before 2000", "1970-01-02T00:00:00Z", "1970-01-02T00:00:01Z"],
    ["in the far future", "2999-01-01T00:00:00Z", "2999-01-01T00:00:01Z"],
    ["that end before they begin", "2026-05-04T12:00:00Z", "2026-05-03T12:00:00Z"],
    ["of more than 400 days", "2024-01-01T00:00:00Z", "2025-05-01T00:00:00Z"],
  ])("creates no partitions for times %s", async (_title, from, to) => {
    const making = database().service.write({ tenantId: randomUUID() }, (tx) =>
      ensureMetricRange(tx, "vm_metrics", { from: at(from), to: at(to) }),
    );
    await expect(making).rejects.toMatchObject({ code: "22023" });
  });

  it("creates partitions once when several writers request them at the same time", async () => {
    const tenantId = randomUUID();
    const days = { from: at("2025-03-01T00:00:00Z"), to: at("2025-03-05T00:00:00Z") };
    const ask = () => database().service.write({ tenantId }, (tx) => ensureMetricRange(tx, "vm_metrics", days));
    await Promise.all([ask(), ask(), ask()]);
    const sample = { vmId: [randomUUID()], time: [days.to], cpuUsagePercent: [1] };
    expect(await database().write(tenantId, sample)).toBe(1);
  });

  it("stores samples of nodes in the same way", async () => {
    const nodeId = randomUUID();
    const batch = { nodeId: [nodeId, nodeId], time: [noon, noon], cpuUsagePercent: [1, 2], vmCount: [3, 4] };
    expect(await database().writeNodes(batch)).toBe(1);
    const [sample] = await database().allTenants`
      select cpu_usage_percent as cpu, vm_count as vms from system_metrics where node_id = ${nodeId}`;
    expect(sample).toEqual({ cpu: 1, vms: 3 });
  });
});
