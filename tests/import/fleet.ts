import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { closeDatabases, openDatabases } from "#runtime/databases.ts";
import { bitbrainsHeader } from "#import/bitbrains-trace.ts";
import type { FleetDatabases, Tenant } from "#import/fleet.ts";
import { type Database, openDatabase } from "#db/client.ts";
import type { Domain } from "#db/columns.ts";
import { demoTenantId, demoTenantName } from "#lib/trust/demo-tenant.ts";
import { asOwner, cloneDatabases, type TestDatabases } from "#tests/harness/server.ts";

export const demo: Tenant = { id: demoTenantId, name: demoTenantName };

export interface TestFleet {
  dbs: FleetDatabases;
  /** The URL of one of the five databases, as its owner. */
  url(domain: Domain): string;
  /** Returns rows of one of the five databases, read as its owner, who is not subject to any policy. */
  rows<Row>(domain: Domain, sql: string): Promise<Row[]>;
  /** Returns a digest of every row of every table, to check that nothing changed. */
  contents(): Promise<string>;
  /** Writes a file for the test; compressed when its name ends with .gz. */
  file(name: string, content: string | Buffer): string;
  close(): Promise<void>;
}

/** Clones empty databases, and removes them at the end. */
export async function emptyFleet(): Promise<TestFleet> {
  const urls = await cloneDatabases();
  const fleet = await fleetOn(urls);
  return {
    ...fleet,
    close: async () => {
      await fleet.close();
      await urls.drop();
    },
  };
}

/** Opens databases that another fixture removes. */
export async function fleetOn(urls: Pick<TestDatabases, "url">): Promise<TestFleet> {
  const databases = await openDatabases({ url: urls.url, embedded: false, stop: async () => undefined });
  const monitoringJobs: Database = await openDatabase({
    domain: "monitoring",
    url: urls.url("monitoring"),
    as: "system",
  });
  const folder = mkdtempSync(join(tmpdir(), "novacron-import-"));
  const rows = <Row>(domain: Domain, text: string) =>
    asOwner(urls.url(domain), async (sql) => [...(await sql.unsafe(text))] as Row[]);
  return {
    dbs: { ...databases, monitoringJobs },
    url: urls.url,
    rows,
    contents: async () => {
      const all: string[] = [];
      for (const domain of ["auth", "vms", "monitoring", "federation", "scheduler"] as const) {
        all.push(await contentsOf(urls.url(domain)));
      }
      return all.join("\n");
    },
    file: (name, content) => {
      const path = join(folder, name);
      writeFileSync(path, name.endsWith(".gz") && typeof content === "string" ? gzipSync(content) : content);
      return path;
    },
    close: async () => {
      await closeDatabases(databases);
      await monitoringJobs.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

const contentsOf = (url: string) =>
  asOwner(url, async (sql) => {
    const tables = await sql<{ name: string }[]>`
      select relname as name from pg_class where relnamespace = 'public'::regnamespace and relkind in ('r', 'p') order by relname`;
    const lines: string[] = [];
    for (const { name } of tables) {
      const [digest] = await sql.unsafe(
        `select count(*)::int as n, md5(coalesce(string_agg(t::text, E'\\n' order by t::text), '')) as md5 from "${name}" t`,
      );
      lines.push(`${name} ${digest?.["n"]} ${digest?.["md5"]}`);
    }
    return lines.join("\n");
  });

/** Returns a sample line of the trace; values that are not given are small and constant. */
export function line(vm: number, ts: number, values: Partial<Record<string, number | string>> = {}): string {
  const defaults: Record<string, number | string> = {
    vm,
    ts,
    cpu_cores: 2,
    cpu_cap_mhz: 5200,
    cpu_mhz: 260,
    cpu_pct: 5,
    mem_cap_kb: 4_194_304,
    mem_kb: 1_048_576,
    disk_read_kbps: 1,
    disk_write_kbps: 2.5,
    net_rx_kbps: 0.467,
    net_tx_kbps: 0.1,
  };
  return bitbrainsHeader
    .split(",")
    .map((column) => values[column] ?? defaults[column])
    .join(",");
}

export const traceStart = Date.UTC(2013, 6, 1) / 1000;

/** Returns a trace of some VMs, with a sample every five minutes. */
export function trace(vms: number, steps: number): string {
  const lines = [bitbrainsHeader];
  for (let step = 0; step < steps; step++) {
    for (let vm = 1; vm <= vms; vm++) {
      lines.push(
        line(vm, traceStart + step * 300 + (vm % 3), { cpu_pct: (vm * 7 + step) % 120, net_rx_kbps: vm + step / 10 }),
      );
    }
  }
  return `${lines.join("\n")}\n`;
}
