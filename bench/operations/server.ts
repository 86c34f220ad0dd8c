import { rmSync } from "node:fs";
import postgres from "postgres";
import { type Database, openDatabase, type WriteTx } from "#db/client.ts";
import { startEmbeddedPostgres } from "#db/embedded/start.ts";
import { migrateDomain } from "#db/migrate.ts";
import { operationStore } from "#db/operations/store.ts";
import type { OperationStore } from "#lib/operations/store.ts";
import { newId } from "#lib/uuid.ts";
import { temporaryDataDir } from "#tests/harness/data-dir.ts";
import { createCallee } from "#tests/operations/drill.ts";
import type { Figure } from "../report.ts";

export const scope = { tenantId: newId(), actor: "job:bench" };

/** One server, in which each engine has a database of its own. */
export interface BenchServer {
  urls: { ours: string; openworkflow: string; dbos: string };
  owner: postgres.Sql;
  service: Database;
  system: Database;
  store: OperationStore<WriteTx>;
}

/** Runs a bench on an embedded server, which flushes every commit of every engine, and prints the settings that decide about that. */
export async function onServer(bench: (server: BenchServer) => Promise<Figure[]>): Promise<Figure[]> {
  const dataDir = temporaryDataDir("novacron-bench-");
  const stops: (() => Promise<unknown>)[] = [async () => rmSync(dataDir, { recursive: true, force: true })];
  try {
    const embedded = await startEmbeddedPostgres({
      dataDir,
      databases: ["novacron_vms", "bench_openworkflow", "bench_dbos"],
    });
    stops.push(() => embedded.stop());
    const url = embedded.url("novacron_vms");
    await migrateDomain(url, "vms");
    const service = await openDatabase({ domain: "vms", url });
    const system = await openDatabase({ domain: "vms", url, as: "system" });
    const owner = postgres(url, { max: 1, onnotice: () => undefined });
    stops.push(
      () => service.close(),
      () => system.close(),
      () => owner.end(),
    );
    await createCallee(owner);
    process.stdout.write(`One server for all engines: ${await settings(owner)}\n`);
    const urls = {
      ours: url,
      openworkflow: embedded.url("bench_openworkflow"),
      dbos: embedded.url("bench_dbos"),
    };
    return await bench({ urls, owner, service, system, store: operationStore({ service, system, url }) });
  } finally {
    for (const stop of stops.reverse()) await stop();
  }
}

/** Renews the planner's statistics in all databases, as autovacuum does within a minute: plans that were made for empty tables would be measured otherwise. */
export async function renewStatistics({ urls }: BenchServer): Promise<void> {
  for (const url of Object.values(urls)) {
    const owner = postgres(url, { max: 1, onnotice: () => undefined });
    await owner`vacuum analyze`;
    await owner.end();
  }
}

async function settings(owner: postgres.Sql): Promise<string> {
  const rows = await owner<{ name: string; setting: string }[]>`
    select name, setting from pg_settings
    where name in ('server_version', 'fsync', 'synchronous_commit', 'full_page_writes', 'wal_sync_method', 'commit_delay')`;
  return rows.map(({ name, setting }) => `${name} ${setting}`).join(", ");
}
