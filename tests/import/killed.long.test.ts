import { spawn } from "node:child_process";
import { once } from "node:events";
import { rmSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { domains } from "#db/columns.ts";
import { asOwner, cloneDatabases, type TestDatabases } from "#tests/harness/server.ts";
import { temporaryDataDir } from "#tests/harness/data-dir.ts";

const traces = process.env["NOVACRON_TRACES"];

describe.skipIf(!traces)("an import that is killed with -9 (skipped without NOVACRON_TRACES)", () => {
  const week = join(traces ?? "", "bitbrains-rnd/week-2013-07-01.csv.gz");
  const dataDir = temporaryDataDir("novacron-killed-");
  let urls: TestDatabases;
  beforeAll(async () => {
    urls = await cloneDatabases();
  });
  afterAll(async () => {
    await urls.drop();
    rmSync(dataDir, { recursive: true, force: true });
  });

  const startImport = () => {
    const env = Object.fromEntries(domains.map((domain) => [`DATABASE_URL_${domain.toUpperCase()}`, urls.url(domain)]));
    return spawn("node", ["cli/bin.js", "import", "bitbrains", week, "--json", "--data-dir", dataDir], {
      stdio: ["ignore", "ignore", "inherit"],
      env: { ...process.env, ...env },
    });
  };
  const samples = () =>
    asOwner(urls.url("monitoring"), async (sql) => {
      const [row] = await sql<
        { n: number; vms: number }[]
      >`select count(*)::int as n, count(distinct vm_id)::int as vms from vm_metrics`;
      return row ?? { n: 0, vms: 0 };
    });

  test("ends with the same samples and counters that never decrease, wherever it was killed", async () => {
    for (const atLeast of [50_000, 300_000, 700_000]) {
      const importing = startImport();
      const ended = once(importing, "exit");
      while ((await samples()).n < atLeast) expect(importing.exitCode).toBeNull();
      importing.kill("SIGKILL");
      await ended;
    }
    const last = startImport();
    const [code] = (await once(last, "exit")) as [number];
    expect(code).toBe(0);
    expect(await samples()).toEqual({ n: 864_804, vms: 429 });
    const falling = await asOwner(
      urls.url("monitoring"),
      (sql) => sql`
        select vm_id, time from (
          select vm_id, time, disk_write_bytes < lag(disk_write_bytes) over per_vm as written_fell, network_bytes_sent < lag(network_bytes_sent) over per_vm as sent_fell
          from vm_metrics window per_vm as (partition by vm_id order by time)
        ) counters where written_fell or sent_fell`,
    );
    expect(falling).toEqual([]);
  });
});
