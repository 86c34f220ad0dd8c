import { randomUUID } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { doublePrecision } from "drizzle-orm/pg-core";
import { describe, expect, it, onTestFinished } from "vitest";
import { migrationsFolder } from "#db/migration-files.ts";
import { type Metrics, nodeMetricColumns, vmMetricColumns } from "#db/monitoring/metric-columns.ts";
import { metricMigration, timescaleHourly, timescaleSamples } from "../../scripts/new-migration/metric-migration.ts";
import { continuousAggregate, type MetricStream, nativeRollup } from "../../scripts/new-migration/metric-rollup.ts";
import { migratedDatabase } from "./migrated-database.ts";

const streams: MetricStream[] = [
  { name: "vm", metrics: vmMetricColumns },
  { name: "system", metrics: nodeMetricColumns },
];

/** Ignores comments and how lines are broken. */
const squeezed = (sql: string) =>
  sql
    .replaceAll(/^\s*--.*$/gm, "")
    .replaceAll(/\s+/g, " ")
    .trim();

/** Returns the newest of TimescaleDB's migrations that has this text. */
function timescale(text: string): string {
  const folder = migrationsFolder("monitoring");
  const files = readdirSync(folder).filter((name) => name.endsWith(".timescale.sql"));
  const texts = files.sort().map((name) => readFileSync(join(folder, name), "utf8"));
  return squeezed(texts.findLast((each) => each.includes(text)) ?? "");
}

describe.each(streams)("the metrics of the $name stream", (stream) => {
  it("are those that the rollup of a migrated database computes", async () => {
    const { sql, drop } = await migratedDatabase("monitoring");
    onTestFinished(drop);
    const [row] = await sql<{ body: string }[]>`
      select prosrc as body from pg_proc where proname = ${`refresh_${stream.name}_metrics_hourly`}`;
    expect(squeezed(row?.body ?? "")).toBe(squeezed(nativeRollup(stream).split("$$")[1] ?? ""));
  });

  it("are those of TimescaleDB's continuous aggregate and of the views over it", () => {
    const { name } = stream;
    const samples = squeezed(timescaleSamples(stream)).replace("CREATE OR REPLACE ", "");
    expect(timescale("timescaledb.continuous")).toContain(squeezed(continuousAggregate(stream)));
    expect(timescale(`VIEW "${name}_metrics"`)).toContain(samples);
    expect(timescale(`VIEW "${name}_metrics_hourly"`)).toContain(squeezed(timescaleHourly(stream)));
  });
});

it("a metric added to the list is stored, rolled up and kept by the statements of its migration", async () => {
  const added = {
    madeUpPercent: { kind: "gauge", unit: "percent", column: (name) => doublePrecision(name), later: true },
    madeUpCounter: { ...vmMetricColumns.networkBytesSent, unit: "operations", later: true },
  } as const satisfies Metrics;
  const { sql, drop } = await migratedDatabase("monitoring");
  onTestFinished(drop);
  const tenantId = randomUUID();
  const vmId = randomUUID();
  const hour = new Date(Math.floor(Date.now() / 3_600_000) * 3_600_000);
  const sample = async (minute: number, values: Record<string, number>) => {
    const time = new Date(hour.getTime() + minute * 60_000);
    await sql`insert into vm_metrics ${sql({ time, vm_id: vmId, tenant_id: tenantId, ...values })}`;
    await sql`insert into metric_dirty_hours (stream, tenant_id, hour) values ('vm', ${tenantId}, ${hour}) on conflict do nothing`;
  };
  await sql`select ensure_metric_partitions('vm_metrics', ${hour}, ${hour})`;
  await sample(1, { cpu_usage_percent: 10 });
  await sql`select refresh_vm_metrics_hourly(1)`;

  const stream: MetricStream = { name: "vm", metrics: { ...vmMetricColumns, ...added } };
  await sql.begin(async (tx) => {
    for (const statement of metricMigration(stream, added).native) await tx.unsafe(statement);
  });
  const kept = () => sql`
    select cpu_usage_percent_n as cpus, made_up_percent_n as n, made_up_percent_sum as sum, made_up_percent_max as max,
      made_up_counter_first::int as first, made_up_counter_last::int as last, made_up_counter_growth::int as growth
    from vm_metrics_hourly where vm_id = ${vmId}`;
  expect(await kept()).toEqual([{ cpus: 1, n: 0, sum: null, max: null, first: null, last: null, growth: null }]);
  await sample(2, { made_up_percent: 40, made_up_counter: 100 });
  await sample(3, { made_up_percent: 60, made_up_counter: 130 });
  await sample(4, { made_up_counter: 20 });
  await sql`select refresh_vm_metrics_hourly(1)`;
  expect(await kept()).toEqual([{ cpus: 1, n: 2, sum: 100, max: 60, first: 100, last: 20, growth: 50 }]);
  const latest = await sql`select made_up_percent, made_up_counter, made_up_counter_per_second from vm_metrics_latest`;
  expect(latest.columns.map(({ type }) => type)).toEqual([701, 20, 701]);
});
