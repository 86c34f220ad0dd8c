import { execFileSync } from "node:child_process";
import { rmSync } from "node:fs";
import { join } from "node:path";
import postgres from "postgres";
import { domains } from "#db/columns.ts";
import { startEmbeddedPostgres } from "#db/embedded/start.ts";
import { migrateDomain } from "#db/migrate.ts";
import type { Figure } from "./report.ts";
import { temporaryDataDir } from "#tests/harness/data-dir.ts";

interface Result {
  samplesWritten: number;
  seconds: number;
}

/**
 * Measures the import of the Bitbrains week by `novacron import bitbrains`, against a bare COPY of the rows that it wrote. The COPY reads a file of the server
 * and writes to the same partitioned table with the same indexes, as its owner. Needs NOVACRON_TRACES.
 */
export async function run(): Promise<Figure[]> {
  const traces = process.env["NOVACRON_TRACES"];
  if (!traces) throw new Error("NOVACRON_TRACES names no folder with the traces.");
  const dataDir = temporaryDataDir("novacron-bench-import-");
  const week = join(traces, "bitbrains-rnd/week-2013-07-01.csv.gz");
  const importWeek = () =>
    JSON.parse(
      execFileSync(
        "node",
        ["cli/bin.js", "import", "bitbrains", week, "--generate-history", "--json", "--data-dir", dataDir],
        {
          encoding: "utf8",
        },
      ),
    ) as Result;
  try {
    execFileSync("node", ["cli/bin.js", "migrate", "--create", "--data-dir", dataDir]);
    const imported = importWeek();
    const again = importWeek();
    if (imported.samplesWritten !== 864_804 || again.samplesWritten !== 0)
      throw new Error("the import did not write each sample once");
    const copied = await copySeconds(dataDir);
    const rate = imported.samplesWritten / imported.seconds;
    const copyRate = imported.samplesWritten / copied;
    return [
      {
        name: "import, everything included",
        value: rate,
        unit: "rows/s",
        ratio: rate / copyRate,
        against: "COPY",
        aim: "at least 0.5×",
      },
      { name: "bare COPY as the owner", value: copyRate, unit: "rows/s" },
      { name: "import of the same file again", value: again.seconds, unit: "s" },
    ];
  } finally {
    rmSync(dataDir, { recursive: true, force: true });
  }
}

async function copySeconds(dataDir: string): Promise<number> {
  const server = await startEmbeddedPostgres({
    dataDir,
    databases: [...domains.map((domain) => `novacron_${domain}`), "bare_copy"],
  });
  const open = (database: string) => postgres(server.url(database), { max: 1, onnotice: () => undefined });
  const source = open("novacron_monitoring");
  const target = open("bare_copy");
  try {
    await migrateDomain(server.url("bare_copy"), "monitoring");
    const file = join(server.dataDir, "bench-vm-metrics.copy");
    const [range] = await source<{ from: Date; to: Date }[]>`select min(time) as from, max(time) as to from vm_metrics`;
    await source.unsafe(`copy (select * from vm_metrics order by time, vm_id) to '${file}'`);
    await target`select ensure_metric_partitions('vm_metrics', ${range?.from ?? null}, ${range?.to ?? null})`;
    await target`checkpoint`;
    const began = performance.now();
    await target.unsafe(`copy vm_metrics from '${file}'`);
    return (performance.now() - began) / 1_000;
  } finally {
    await source.end();
    await target.end();
    await server.stop();
  }
}
