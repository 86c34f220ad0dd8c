import { randomBytes, randomUUID } from "node:crypto";
import postgres from "postgres";
import { afterAll, beforeAll, describe } from "vitest";
import { type Database, openDatabase } from "#db/client.ts";
import type { MetricStorage } from "#db/migration-files.ts";
import { migrateDomain } from "#db/migrate.ts";
import { refreshHourly } from "#db/monitoring/hourly-rollup.ts";
import { ensureMetricRange } from "#db/monitoring/metric-ranges.ts";
import {
  insertNodeSamples,
  insertVmSamples,
  type NodeSampleColumns,
  type VmSampleColumns,
} from "#db/monitoring/sample-writes.ts";
import { adminUrl } from "#tests/harness/server.ts";

/** A migrated monitoring database of one test file, as its users see it. */
export interface MonitoringDatabase {
  engine: MetricStorage;
  url: string;
  /** Connections as the server's superuser. */
  owner: postgres.Sql;
  /** Plain SQL under the system role, which sees the rows of every tenant. */
  allTenants: postgres.Sql;
  service: Database;
  system: Database;
  /** Creates the partitions for samples and writes them, as the service, for one tenant. */
  write(tenantId: string, samples: VmSampleColumns): Promise<number>;
  writeNodes(samples: NodeSampleColumns): Promise<number>;
  /** Brings the hourly rollup up to date with all committed samples. */
  rollUp(): Promise<void>;
}

const servers: Record<MetricStorage, () => string | undefined> = {
  native: adminUrl,
  timescale: () => process.env["TIMESCALE_URL"],
};

/** Declares the same tests for each way of storing samples. The tests on TimescaleDB need `TIMESCALE_URL`, with a superuser. */
export function onEveryMetricStorage(declare: (database: () => MonitoringDatabase) => void): void {
  declareOn("native", "on native partitions", declare);
  const missing = servers.timescale() === undefined ? " (skipped: TIMESCALE_URL names no server)" : "";
  declareOn("timescale", `on TimescaleDB${missing}`, declare);
}

function declareOn(engine: MetricStorage, title: string, declare: (database: () => MonitoringDatabase) => void): void {
  const server = servers[engine]();
  describe.skipIf(server === undefined)(title, () => {
    let opened: (MonitoringDatabase & { drop(): Promise<void> }) | undefined;
    beforeAll(async () => {
      opened = await create(engine, server as string);
    });
    afterAll(() => opened?.drop());
    declare(() => opened as MonitoringDatabase);
  });
}

async function create(engine: MetricStorage, server: string): Promise<MonitoringDatabase & { drop(): Promise<void> }> {
  const name = `monitoring_${randomBytes(6).toString("hex")}`;
  const admin = postgres(server, { max: 1, onnotice: () => undefined });
  await admin.unsafe(`create database ${name}`);
  const url = Object.assign(new URL(server), { pathname: `/${name}` }).href;
  await migrateDomain(url, "monitoring");
  const owner = postgres(url, { max: 1, onnotice: () => undefined });
  const allTenants = postgres(url, { max: 1, connection: { role: "novacron_monitoring_system", TimeZone: "UTC" } });
  const service = await openDatabase({ domain: "monitoring", url, maxConnections: 3 });
  const system = await openDatabase({ domain: "monitoring", url, as: "system", maxConnections: 2 });
  return {
    engine,
    url,
    owner,
    allTenants,
    service,
    system,
    write: async (tenantId, samples) => {
      await service.write({ tenantId }, (tx) => ensureMetricRange(tx, "vm_metrics", range(samples.time)));
      return service.write({ tenantId }, (tx) => insertVmSamples(tx, samples));
    },
    writeNodes: async (samples) => {
      const scope = { tenantId: randomUUID() };
      await service.write(scope, (tx) => ensureMetricRange(tx, "system_metrics", range(samples.time)));
      return service.write(scope, (tx) => insertNodeSamples(tx, samples));
    },
    rollUp: async () => {
      for (const stream of ["vm", "system"] as const) {
        while ((await system.write({ tenantId: "" }, (tx) => refreshHourly(tx, stream))) > 0);
        // TimescaleDB's own jobs do this at times that no test waits for: for the policy's window, and for the marked hours before it.
        if (engine === "timescale") {
          await owner.unsafe(
            `call refresh_continuous_aggregate('metric_data.${stream}_metrics_hourly', now() - interval '80 days', null)`,
          );
          await owner.unsafe("call refresh_old_metric_hours(0, null)");
        }
      }
    },
    drop: async () => {
      await Promise.all([owner.end(), allTenants.end(), service.close(), system.close()]);
      await admin.unsafe(`drop database ${name} with (force)`);
      await admin.end();
    },
  };
}

const range = (times: readonly number[]) => ({ from: Math.min(...times), to: Math.max(...times) });

/** Seconds since the epoch. */
export const at = (text: string): number => Date.parse(text) / 1_000;

/** Returns uniform numbers in [0, 1) that are the same in every run (mulberry32). */
export function seededRandom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}
