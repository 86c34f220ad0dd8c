import { randomUUID } from "node:crypto";
import { expect, it } from "vitest";
import { holdRange } from "#db/monitoring/metric-ranges.ts";
import { dropOldMetrics } from "#db/monitoring/retention.ts";
import { platformTenantId } from "#lib/trust/platform-tenant.ts";
import { sampleRetention } from "#runtime/jobs/monitoring.ts";
import { plannerSettings } from "#tests/harness/planner-settings.ts";
import { at, onEveryMetricStorage } from "./metric-storage.ts";

const day = 86_400;
const now = new Date("2026-05-04T12:00:00Z");
const today = at("2026-05-04T00:00:00Z");

onEveryMetricStorage((database) => {
  const times = (vmId: string) => database().allTenants<{ time: number }[]>`
    select extract(epoch from time)::float8 as time from vm_metrics where vm_id = ${vmId} order by time`;

  const dropAll = async () => {
    let dropped = 0;
    for (;;) {
      const some = await database().system.write({ tenantId: "" }, (tx) => dropOldMetrics(tx, now));
      if (some === 0) return dropped;
      dropped += some;
    }
  };

  it("drops the days that are entirely older than 90 days, and nothing newer", async () => {
    const vmId = randomUUID();
    const boundary = today - 90 * day;
    // The time 90 days ago is noon of the boundary's day, whose last hours are newer.
    const time = [boundary - 5 * day, boundary - 1, boundary, boundary + day - 1, today];
    for (const one of time) await database().write(randomUUID(), { vmId: [vmId], time: [one], cpuUsagePercent: [1] });
    expect(await dropAll()).toBe(2);
    expect((await times(vmId)).map((sample) => sample.time)).toEqual(time.slice(2));
    expect(await dropAll()).toBe(0);
  });

  it("keeps samples of nodes for 180 days", async () => {
    const nodeId = randomUUID();
    const boundary = today - 180 * day;
    for (const time of [boundary - 1, boundary]) {
      await database().writeNodes({ nodeId: [nodeId], time: [time], cpuUsagePercent: [1] });
    }
    await dropAll();
    const left = await database().allTenants`select 1 from system_metrics where node_id = ${nodeId}`;
    expect(left).toHaveLength(1);
  });

  it("keeps the days of a held range, whatever their age, and only those", async () => {
    const tenantId = randomUUID();
    const vmId = randomUUID();
    const from = at("2013-07-01T00:00:00Z");
    const hold = {
      dataset: "bitbrains",
      from: from + day / 2,
      to: from + 2 * day,
      reason: "imported with its own times",
    };
    await database().service.write({ tenantId }, (tx) => holdRange(tx, hold));
    await database().service.write({ tenantId }, (tx) => holdRange(tx, hold));
    const time = [from - 1, from, from + day, from + 2 * day];
    for (const one of time) await database().write(tenantId, { vmId: [vmId], time: [one], cpuUsagePercent: [1] });
    await dropAll();
    expect((await times(vmId)).map((sample) => sample.time)).toEqual([from, from + day]);
  });

  it("drops at most 32 days in one transaction", async () => {
    const vmId = randomUUID();
    const from = at("2021-01-01T00:00:00Z");
    const time = Array.from({ length: 40 }, (_, index) => from + index * day);
    await database().write(randomUUID(), { vmId: time.map(() => vmId), time, cpuUsagePercent: time.map(() => 1) });
    expect(await database().system.write({ tenantId: "" }, (tx) => dropOldMetrics(tx, now))).toBe(32);
    expect(await times(vmId)).toHaveLength(8);
    await dropAll();
  });

  it("waits for the rollup: a round whose rollup fails drops nothing, and the next one drops what it has rolled up", async () => {
    const vmId = randomUUID();
    const old = at("2020-02-03T10:00:00Z");
    await database().write(randomUUID(), { vmId: [vmId], time: [old], cpuUsagePercent: [10] });
    const { steps } = sampleRetention(database().system);
    const round = async () => {
      for (const { run } of steps)
        await run(new AbortController().signal, { tenantId: platformTenantId, actor: "job:test" });
    };
    await database().owner`alter function refresh_vm_metrics_hourly(int) rename to refresh_removed`;
    await expect(round()).rejects.toMatchObject({ code: "42883" });
    expect(await times(vmId)).toHaveLength(1);
    await database().owner`alter function refresh_removed(int) rename to refresh_vm_metrics_hourly`;
    await round();
    expect(await times(vmId)).toEqual([]);
    const hours = await database()
      .allTenants`select sample_count as samples from vm_metrics_hourly where vm_id = ${vmId}`;
    // TimescaleDB's own job fills the hours.
    if (database().engine === "native") expect(hours).toEqual([{ samples: 1 }]);
  });

  it("is refused to the service", async () => {
    const dropping = database().service.write({ tenantId: randomUUID() }, (tx) => dropOldMetrics(tx, now));
    await expect(dropping).rejects.toMatchObject({ code: "42501" });
  });

  it("case G22: drops old days whatever plan the statistics of the catalog lead to", async () => {
    const vmId = randomUUID();
    const old = [...Object.values(plannerSettings), {}].map((_, index) => today - (100 + index) * day);
    for (const time of [...old, today])
      await database().write(randomUUID(), { vmId: [vmId], time: [time], cpuUsagePercent: [1] });
    await database().owner`analyze pg_catalog.pg_class`;
    await database().owner`analyze pg_catalog.pg_inherits`;
    for (const settings of [...Object.values(plannerSettings), {}]) {
      const [row] = await database().owner.begin(async (sql) => {
        for (const [name, value] of Object.entries(settings).filter(([setting]) => !setting.startsWith("autovacuum")))
          await sql`select set_config(${name}, ${value}, true)`;
        return sql`select drop_metric_partitions('vm_metrics', ${now.toISOString()}::timestamptz - interval '90 days', 1) as dropped`;
      });
      expect(row).toEqual({ dropped: 1 });
    }
    expect((await times(vmId)).map((sample) => sample.time)).toEqual([today]);
  });
});
