import { randomUUID } from "node:crypto";
import postgres from "postgres";
import { afterAll, beforeAll, expect, it } from "vitest";
import { refreshVmLatest } from "#db/monitoring/sample-writes.ts";
import { latestVmMetrics, vmMetricSeries } from "#db/monitoring/vm-metrics.ts";
import { at, onEveryMetricStorage } from "./metric-storage.ts";

const noon = at("2026-05-04T12:00:00Z");

onEveryMetricStorage((database) => {
  const ours = randomUUID();
  const theirs = randomUUID();
  const vmId = randomUUID();
  /** Connections under the service's role, with none of the product's code before the tables. */
  let service: postgres.Sql;
  const tables = ["vm_metrics", "vm_metrics_latest", "vm_metrics_hourly"] as const;

  beforeAll(async () => {
    const time = [noon, noon + 60];
    await database().write(ours, { vmId: [vmId, vmId], time, cpuUsagePercent: [1, 2] });
    await database().service.write({ tenantId: ours }, (tx) => refreshVmLatest(tx, [vmId]));
    await database().rollUp();
    service = postgres(database().url, { max: 1, connection: { role: "novacron_monitoring" } });
  });
  afterAll(() => service.end());

  const visible = (table: string, tenantId: string | undefined) =>
    service.begin(async (sql) => {
      if (tenantId !== undefined) await sql`select set_config('app.tenant_id', ${tenantId}, true)`;
      return (await sql`select 1 from ${sql(table)}`).length;
    });

  it.each(tables)("a tenant sees its own rows of %s", async (table) => {
    expect(await visible(table, ours)).toBeGreaterThan(0);
  });

  it.each(tables)("another tenant sees no row of %s, and neither does a session without a tenant", async (table) => {
    expect(await visible(table, theirs)).toBe(0);
    expect(await visible(table, "")).toBe(0);
    expect(await visible(table, undefined)).toBe(0);
  });

  it("another tenant gets no last value and an empty series for a VM that is not its own", async () => {
    await database().service.write({ tenantId: theirs }, async (tx) => {
      expect(await latestVmMetrics(tx, [vmId])).toEqual([null]);
      for (const stepSeconds of [60, 3_600]) {
        const [series] = await vmMetricSeries(tx, [vmId], {
          from: new Date(noon * 1_000),
          to: new Date((noon + 3_600) * 1_000),
          stepSeconds,
          aggregates: ["avg"],
          metrics: ["cpuUsagePercent"],
        });
        expect(series?.sampleCount.every((count) => count === 0)).toBe(true);
      }
    });
  });

  it("no tenant writes samples into another one", async () => {
    const writing = service.begin(async (sql) => {
      await sql`select set_config('app.tenant_id', ${theirs}, true)`;
      await sql`insert into vm_metrics (time, vm_id, tenant_id) values (to_timestamp(${noon + 5}), ${vmId}, ${ours})`;
    });
    await expect(writing).rejects.toMatchObject({ code: expect.stringMatching(/^(42501|44000)$/) });
  });

  it("no tenant marks the hours of another one", async () => {
    const marking = service.begin(async (sql) => {
      await sql`select set_config('app.tenant_id', ${theirs}, true)`;
      await sql`insert into metric_dirty_hours (stream, tenant_id, hour) values ('vm', ${ours}, to_timestamp(${noon}))`;
    });
    await expect(marking).rejects.toMatchObject({ code: "42501" });
  });

  it.each([
    ["change a sample", "update vm_metrics set cpu_usage_percent = 0"],
    ["delete a sample", "delete from vm_metrics"],
    ["write the rollup", "delete from vm_metrics_hourly"],
    ["refresh the rollup", "select refresh_vm_metrics_hourly()"],
    ["release a held range", "delete from metric_retention_holds"],
    ["read a partition, which would bypass the policies", "select * from metric_data.vm_metrics_y2026m05d04"],
  ])("the service may not %s", async (_title, statement) => {
    const trying = service.begin(async (sql) => {
      await sql`select set_config('app.tenant_id', ${ours}, true)`;
      await sql.unsafe(statement);
    });
    // The statement is forbidden or impossible: on TimescaleDB the rollup is a view that accepts no writes.
    await expect(trying).rejects.toMatchObject({ code: expect.stringMatching(/^(42501|55000)$/) });
  });

  it("jobs under the system role see every tenant's samples", async () => {
    expect(await database().allTenants`select 1 from vm_metrics where vm_id = ${vmId}`).toHaveLength(2);
  });
});
