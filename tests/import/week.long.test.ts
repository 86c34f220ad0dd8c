import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { closeDatabases, type Databases, openDatabases } from "#runtime/databases.ts";
import { importBitbrains } from "#import/bitbrains.ts";
import type { FleetDatabases } from "#import/fleet.ts";
import { tenantNamed } from "#import/fleet.ts";
import { type Database, openDatabase } from "#db/client.ts";
import { asOwner, cloneDatabases, type TestDatabases } from "#tests/harness/server.ts";

const traces = process.env["NOVACRON_TRACES"];

describe.skipIf(!traces)("the Bitbrains week (skipped without NOVACRON_TRACES)", () => {
  const week = join(traces ?? "", "bitbrains-rnd/week-2013-07-01.csv.gz");
  const tenant = tenantNamed("week");
  let urls: TestDatabases;
  let databases: Databases;
  let monitoringJobs: Database;
  let fleet: FleetDatabases;

  beforeAll(async () => {
    urls = await cloneDatabases();
    databases = await openDatabases({
      url: (domain) => urls.url(domain),
      embedded: false,
      stop: async () => undefined,
    });
    monitoringJobs = await openDatabase({ domain: "monitoring", url: urls.url("monitoring"), as: "system" });
    fleet = { ...databases, monitoringJobs };
  });
  afterAll(async () => {
    await monitoringJobs.close();
    await closeDatabases(databases);
    await urls.drop();
  });

  test("has exactly 864,804 samples of 429 VMs, however often it is imported", async () => {
    const first = await importBitbrains(fleet, week, { tenant });
    expect(first).toMatchObject({ vms: 429, samplesWritten: 864_804, repeats: 3_208, rejected: 0, truncated: false });
    const again = await importBitbrains(fleet, week, { tenant });
    expect(again).toMatchObject({ samplesWritten: 0 });
    const [counted] = await asOwner(
      urls.url("monitoring"),
      (sql) =>
        sql<
          { samples: number; vms: number }[]
        >`select count(*)::int as samples, count(distinct vm_id)::int as vms from vm_metrics`,
    );
    expect(counted).toEqual({ samples: 864_804, vms: 429 });
  });

  test("is rolled up to the same hours as a recount of its samples", async () => {
    const differing = await asOwner(
      urls.url("monitoring"),
      (sql) => sql`
        select * from (
          select vm_id, date_trunc('hour', time, 'UTC') as hour, count(*)::int as n, sum(cpu_usage_percent) as cpu, max(memory_usage_bytes) as memory,
            max(disk_write_bytes) as written
          from vm_metrics group by 1, 2
        ) counted full join vm_metrics_hourly kept using (vm_id, hour)
        where n is distinct from sample_count or abs(cpu - cpu_usage_percent_sum) > 1e-6 * greatest(1, abs(cpu))
          or memory is distinct from max_memory or written is distinct from disk_write_bytes_last`,
    );
    expect(differing).toEqual([]);
  });
});
