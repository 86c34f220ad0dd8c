import { randomUUID } from "node:crypto";
import { describe, expect, it } from "vitest";
import { refreshHourly } from "#db/monitoring/hourly-rollup.ts";
import { dropOldMetrics } from "#db/monitoring/retention.ts";
import { insertVmSamples } from "#db/monitoring/sample-writes.ts";
import { at, onEveryMetricStorage, seededRandom } from "./metric-storage.ts";

const noon = at("2026-05-04T12:00:00Z");
const hour = 3_600;

onEveryMetricStorage((database) => {
  const rolledUp = (vmId: string) => database().allTenants`
    select extract(epoch from hour)::float8 as hour, sample_count as samples, cpu_usage_percent_n as n,
      cpu_usage_percent_sum as sum, cpu_usage_percent_min as min, cpu_usage_percent_max as max,
      network_bytes_sent_first::float8 as first, network_bytes_sent_last::float8 as last,
      extract(epoch from first_time)::float8 as "firstTime", extract(epoch from last_time)::float8 as "lastTime"
    from vm_metrics_hourly where vm_id = ${vmId} order by hour`;

  /** Returns random samples of some VMs, thinned and shuffled, so that every batch has late samples for some hours. */
  function scattered(seed: number, vmIds: readonly string[]) {
    const random = seededRandom(seed);
    const samples = vmIds.flatMap((vmId) =>
      Array.from({ length: 200 }, () => ({
        vmId,
        time: noon + Math.floor(random() * 6 * hour),
        cpu: random() < 0.1 ? null : Math.floor(random() * 100),
        sent: random() < 0.1 ? null : Math.floor(random() * 1e12),
        order: random(),
      })),
    );
    return samples.toSorted((a, b) => a.order - b.order);
  }

  it("has the same hours whether they were refreshed batch by batch or computed once from all samples", async () => {
    const tenantId = randomUUID();
    const vmIds = [randomUUID(), randomUUID(), randomUUID()];
    const samples = scattered(1, vmIds);
    for (let start = 0; start < samples.length; start += 150) {
      const batch = samples.slice(start, start + 150);
      await database().write(tenantId, {
        vmId: batch.map((sample) => sample.vmId),
        time: batch.map(({ time }) => time),
        cpuUsagePercent: batch.map(({ cpu }) => cpu),
        networkBytesSent: batch.map(({ sent }) => sent),
      });
      await database().rollUp();
    }
    for (const vmId of vmIds) {
      const computed = await database().allTenants`
        select extract(epoch from date_trunc('hour', time, 'UTC'))::float8 as hour, count(*)::int as samples,
          count(cpu_usage_percent)::int as n, sum(cpu_usage_percent) as sum, min(cpu_usage_percent), max(cpu_usage_percent),
          (array_agg(network_bytes_sent order by time) filter (where network_bytes_sent is not null))[1]::float8 as first,
          (array_agg(network_bytes_sent order by time desc) filter (where network_bytes_sent is not null))[1]::float8 as last,
          extract(epoch from min(time))::float8 as "firstTime", extract(epoch from max(time))::float8 as "lastTime"
        from vm_metrics where vm_id = ${vmId} group by 1 order by 1`;
      expect(computed).toHaveLength(6);
      expect(await rolledUp(vmId)).toEqual(computed);
    }
  });

  it("has the columns that the data architecture names", async () => {
    const vmId = randomUUID();
    await database().write(randomUUID(), {
      vmId: [vmId, vmId, vmId],
      time: [noon, noon + 600, noon + 1_200],
      cpuUsagePercent: [10, null, 30],
      memoryUsageBytes: [100, 300, 200],
      networkBytesSent: [1_000, 4_000, 13_000],
    });
    await database().rollUp();
    const [row] = await database().allTenants`
      select avg_cpu as "avgCpu", max_memory::int as "maxMemory", avg_network_sent as "avgNetworkSent"
      from vm_metrics_hourly where vm_id = ${vmId} and hour = to_timestamp(${noon})`;
    expect(row).toEqual({ avgCpu: 20, maxMemory: 300, avgNetworkSent: 10 });
  });

  describe("the growth of a counter in an hour", () => {
    const growthOf = async (counts: readonly (number | null)[]) => {
      const vmId = randomUUID();
      const time = counts.map((_, index) => noon + index * 60);
      await database().write(randomUUID(), { vmId: time.map(() => vmId), time, networkBytesSent: counts });
      await database().rollUp();
      const [row] = await database().allTenants`
        select network_bytes_sent_growth::float8 as growth, disk_read_bytes_growth as other,
          avg_network_sent * extract(epoch from last_time - first_time)::float8 as averaged
        from vm_metrics_hourly where vm_id = ${vmId}`;
      return row as { growth: number | null; other: null; averaged: number | null };
    };

    it.each([
      ["that only grew", [100, 100, 250, 900], 800],
      ["that was reset and stayed below", [1_000, 1_500, 20, 70], 570],
      ["that was reset and climbed back above its first value", [100, 500, 20, 700], 1_100],
      ["that was reset from above its last value", [100, 900, 150, 300], 1_100],
      ["that was reset twice", [100, 200, 30, 250, 10, 900], 1_250],
      ["that is missing in between", [100, null, 300, null, 20, 700], 900],
    ])("of one %s is the sum of its growth from sample to sample", async (_, counts, growth) => {
      // A continuous aggregate does not see neighbouring rows, so on TimescaleDB the growth is unknown.
      if (database().engine === "timescale") return expect((await growthOf(counts)).growth).toBeNull();
      const row = await growthOf(counts);
      expect(row.growth).toBe(growth);
      expect(row.averaged).toBeCloseTo(growth, 6);
    });

    it("is zero in an hour of one sample, and unknown for a counter without any", async () => {
      const row = await growthOf([500]);
      expect(row.growth).toBe(database().engine === "timescale" ? null : 0);
      expect(row.other).toBeNull();
    });

    it("is kept for nodes as well", async () => {
      const nodeId = randomUUID();
      const time = [noon, noon + 60, noon + 120];
      await database().writeNodes({ nodeId: time.map(() => nodeId), time, networkBytesRecv: [100, 5, 300] });
      await database().rollUp();
      const [row] = await database().allTenants`
        select network_bytes_recv_growth::int as growth from system_metrics_hourly where node_id = ${nodeId}`;
      expect(row).toEqual({ growth: database().engine === "timescale" ? null : 300 });
    });
  });

  it("keeps the hours of dropped samples, even when a late sample for one of them arrives", async () => {
    const tenantId = randomUUID();
    const vmId = randomUUID();
    const old = at("2020-02-02T10:00:00Z");
    const time = [old, old + 60, old + 120];
    await database().write(tenantId, { vmId: time.map(() => vmId), time, cpuUsagePercent: [10, 20, 30] });
    await database().rollUp();
    await database().system.write({ tenantId }, (tx) => dropOldMetrics(tx, new Date()));
    await database().rollUp();
    const before = await rolledUp(vmId);
    expect(before).toMatchObject([{ hour: old, samples: 3, sum: 60 }]);
    if (database().engine === "timescale") return;
    await database().write(tenantId, { vmId: [vmId], time: [old + 90], cpuUsagePercent: [99] });
    await database().rollUp();
    expect(await rolledUp(vmId)).toEqual(before);
  });

  describe("a refresh", () => {
    it("finds nothing to do without new samples", async () => {
      await database().rollUp();
      expect(await database().system.write({ tenantId: "" }, (tx) => refreshHourly(tx, "vm"))).toBe(0);
    });

    it("misses no batch that commits while it runs", async () => {
      const tenantId = randomUUID();
      const vmId = randomUUID();
      await database().write(tenantId, { vmId: [vmId], time: [noon], cpuUsagePercent: [1] });
      let wrote: (() => void) | undefined;
      let mayCommit: (() => void) | undefined;
      const written = new Promise<void>((resolve) => (wrote = resolve));
      const refreshed = new Promise<void>((resolve) => (mayCommit = resolve));
      const late = database().service.write({ tenantId }, async (tx) => {
        await insertVmSamples(tx, { vmId: [vmId], time: [noon + 1], cpuUsagePercent: [2] });
        wrote?.();
        await refreshed;
      });
      await written;
      await database().rollUp();
      expect(await rolledUp(vmId)).toMatchObject([{ samples: 1 }]);
      mayCommit?.();
      await late;
      await database().rollUp();
      expect(await rolledUp(vmId)).toMatchObject([{ samples: 2, sum: 3 }]);
    });

    it("may run twice at the same time", async () => {
      const tenantId = randomUUID();
      const vmIds = [randomUUID(), randomUUID()];
      const time = Array.from({ length: 30 }, (_, index) => noon + index * hour);
      for (const vmId of vmIds) {
        await database().write(tenantId, { vmId: time.map(() => vmId), time, cpuUsagePercent: time.map(() => 1) });
      }
      await Promise.all([database().rollUp(), database().rollUp()]);
      for (const vmId of vmIds) expect(await rolledUp(vmId)).toHaveLength(30);
    });

    it("records its progress", async () => {
      await database().rollUp();
      if (database().engine === "timescale") return;
      const [mark] = await database().allTenants`
        select refreshed_at <= now() as past, hours_refreshed > 0 as some from metric_rollup_watermarks where stream = 'vm'`;
      expect(mark).toEqual({ past: true, some: true });
    });
  });
});
