import { execFileSync } from "node:child_process";
import { readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { columnName, type Metrics, nodeMetricColumns, vmMetricColumns } from "#db/monitoring/metric-columns.ts";
import { metricMigration } from "./metric-migration.ts";
import type { MetricStream } from "./metric-rollup.ts";
import { withRights } from "./secured-tables.ts";

// Writes the next migration from what the tables in db/<domain>/schema/ describe: npm run migration -- <domain> <what_it_does> [--custom]
// `common` is the domain of the tables that every database has.

const breakpoint = "--> statement-breakpoint\n";

interface Snapshot {
  tables: Record<string, { columns: Record<string, unknown> }>;
}

function main([domain, name, ...options]: string[]): void {
  if (domain === undefined || name === undefined)
    throw new Error("Usage: npm run migration -- <domain> <what_it_does> [--custom]");
  const folder = `db/${domain}/migrations`;
  const [before] = snapshotsIn(folder);
  const previous = before && (JSON.parse(readFileSync(before, "utf8")) as Snapshot);
  const kit = ["drizzle-kit", "generate", "--name", name, ...options];
  execFileSync("npx", kit, { env: { ...process.env, NOVACRON_DOMAIN: domain }, stdio: "inherit" });
  const snapshots = snapshotsIn(folder);
  const written = snapshots.length > (before === undefined ? 0 : 1);
  // The rights of tables that every database has are in `db/common/migrations/parts`.
  if (written && domain !== "common") {
    const file = newestIn(folder);
    writeFileSync(file, withRights(readFileSync(file, "utf8"), domain));
  }
  // drizzle-kit compares with the newest snapshot alone.
  for (const older of snapshots.slice(0, -1)) rmSync(older);
  if (domain === "monitoring" && previous && snapshots.length > 1) addMetrics(folder, previous);
}

const snapshotsIn = (folder: string): string[] =>
  readdirSync(join(folder, "meta"))
    .filter((file) => file.endsWith("_snapshot.json"))
    .sort()
    .map((file) => join(folder, "meta", file));

/** Returns the path of the newest migration. */
const newestIn = (folder: string): string =>
  join(
    folder,
    readdirSync(folder)
      .filter((each) => each.endsWith(".sql"))
      .sort()
      .at(-1) as string,
  );

/** Replaces the columns of added metrics in the newest migration by what each storage needs for them. */
function addMetrics(folder: string, previous: Snapshot): void {
  const streams: MetricStream[] = [
    { name: "vm", metrics: vmMetricColumns },
    { name: "system", metrics: nodeMetricColumns },
  ];
  const changed = streams
    .map((stream) => ({ stream, added: addedTo(stream, previous) }))
    .filter(({ added }) => Object.keys(added).length > 0);
  if (changed.length === 0) return;
  const file = newestIn(folder);
  const others = readFileSync(file, "utf8")
    .split("--> statement-breakpoint")
    .map((statement) => statement.trim())
    .filter((statement) => !/^ALTER TABLE "(vm|system)_metrics(_latest|_hourly)?" ADD COLUMN/.test(statement));
  const migrations = changed.map(({ stream, added }) => metricMigration(stream, added));
  for (const storage of ["native", "timescale"] as const) {
    const statements = [...others, ...migrations.flatMap((migration) => migration[storage])].filter(Boolean);
    const written = file.replace(/sql$/, `${storage}.sql`);
    writeFileSync(written, `${statements.join(`\n${breakpoint}`)}\n`);
    process.stdout.write(`In its place, for samples in ${storage} tables: ${written}\n`);
  }
  rmSync(file);
}

function addedTo({ name, metrics }: MetricStream, { tables }: Snapshot): Metrics {
  const known = tables[`public.${name}_metrics`]?.columns ?? {};
  return Object.fromEntries(Object.entries(metrics).filter(([metric]) => !(columnName(metric) in known)));
}

main(process.argv.slice(2));
