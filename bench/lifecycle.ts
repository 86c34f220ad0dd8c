import { rmSync } from "node:fs";
import postgres from "postgres";
import { startEmbeddedPostgres } from "#db/embedded/start.ts";
import { pause } from "#lib/pause.ts";
import { newId } from "#lib/uuid.ts";
import { platformTenantId } from "#lib/trust/platform-tenant.ts";
import { administratorKey } from "#tests/harness/credentials.ts";
import { temporaryDataDir } from "#tests/harness/data-dir.ts";
import { askGraph } from "#tests/harness/product.ts";
import { runUntilReady } from "./processes.ts";
import { type Figure, percentile } from "./report.ts";

const callers = 16;
const nodes = 100;
const resources = { cpuMillicores: 100, memoryBytes: 64 * 2 ** 20, storageBytes: 2 ** 30 };

/**
 * Measures createVm until the VM is running, on `novacron start` with the simulated hypervisor without latencies: one VM after the other, and by 16 callers, in a
 * fleet of 60 VMs and in one of 12,000.
 */
export async function run({ quick }: { quick: boolean }): Promise<Figure[]> {
  const dataDir = temporaryDataDir("novacron-bench-");
  const args = ["cli/bin.js", "start", "--no-demo", "--port", "0", "--data-dir", dataDir];
  await (await runUntilReady(args)).stop();
  const server = await startEmbeddedPostgres({ dataDir, databases: [] });
  const product = await runUntilReady(args);
  const vmsDatabase = postgres(server.url("novacron_vms"), { max: 1 });
  try {
    await insertNodes(server.url("novacron_scheduler"));
    const ask = async <Data>(query: string, variables: Record<string, unknown>): Promise<Data> => {
      const { data, errors } = await askGraph(product.url, query, variables, administratorKey(dataDir));
      if (errors.length > 0) throw new Error(JSON.stringify(errors));
      return data as Data;
    };
    /** Resolves when the VM is running, to how long that took. Its state is queried after each pause. */
    const create = async (pauseMs: number): Promise<number> => {
      const began = performance.now();
      const { createVm } = await ask<{ createVm: { vm: { id: string } | null; userErrors: unknown[] } }>(
        "mutation ($input: CreateVmInput!) { createVm(input: $input) { vm { id } userErrors { code } } }",
        { input: { name: newId(), resources } },
      );
      if (!createVm.vm) throw new Error(JSON.stringify(createVm.userErrors));
      for (;;) {
        await pause(pauseMs, new AbortController().signal);
        const { vm } = await ask<{ vm: { state: string } }>("query ($id: ID!) { vm(id: $id) { state } }", {
          id: createVm.vm.id,
        });
        if (vm.state === "RUNNING") return performance.now() - began;
        if (vm.state !== "CREATING") throw new Error(`The VM is ${vm.state}.`);
      }
    };
    const measured = async (by: number, count: number) => {
      const times: number[] = [];
      let left = count;
      const began = performance.now();
      const caller = async () => {
        while (left > 0) {
          left -= 1;
          times.push(await create(by === 1 ? 2 : 25));
        }
      };
      await Promise.all(Array.from({ length: by }, caller));
      return { p50: percentile(times, 0.5), rate: (count * 1_000) / (performance.now() - began) };
    };
    await insertVms(vmsDatabase, 60);
    await measured(callers, 64);
    const alone = await measured(1, quick ? 20 : 100);
    const many = await measured(callers, quick ? 200 : 1_000);
    await insertVms(vmsDatabase, 12_000);
    await measured(callers, 64);
    const inLarge = await measured(1, quick ? 20 : 100);
    const manyInLarge = await measured(callers, quick ? 200 : 1_000);
    return [
      { name: "a VM by one caller, p50", value: alone.p50, unit: "ms", aim: "under 60 ms" },
      { name: `VMs by ${callers} callers`, value: many.rate, unit: "/s", aim: "100/s" },
      {
        name: "a VM by one caller among 12,000, p50",
        value: inLarge.p50,
        unit: "ms",
        ratio: inLarge.p50 / alone.p50,
        against: "among 60",
      },
      {
        name: `VMs by ${callers} callers among 12,000`,
        value: manyInLarge.rate,
        unit: "/s",
        ratio: manyInLarge.rate / many.rate,
        against: "among 60",
      },
    ];
  } finally {
    await vmsDatabase.end();
    await product.stop();
    await server.stop();
    rmSync(dataDir, { recursive: true, force: true });
  }
}

async function insertNodes(url: string): Promise<void> {
  const sql = postgres(url, { max: 1 });
  const amounts = {
    cpuMillicores: 128_000,
    memoryMb: 524_288,
    storageGb: 16_000,
    networkMbps: 0,
    gpuCount: 0,
    gpuMilli: 0,
  };
  const none = { cpuMillicores: 0, memoryMb: 0, storageGb: 0, networkMbps: 0, gpuCount: 0, gpuMilli: 0 };
  await sql`
    insert into nodes (name, hostname, ip_address, node_type, capacity, allocatable, allocated, status, inventoried_at)
    select 'node-' || n, 'node-' || n, '10.0.0.1', 'compute', ${sql.json(amounts)}, ${sql.json(amounts)}, ${sql.json(none)}, 'ready', now()
    from generate_series(1, ${nodes}) as n`;
  await sql.end();
}

/** Inserts VMs that have no machines and no claims: they are what the tenant's other VMs cost. */
const insertVms = (sql: postgres.Sql, count: number) => sql`
  insert into vms (name, state, hypervisor_type, owner_id, tenant_id, resource_config)
  select 'other-' || ${count}::text || '-' || n, 'stopped', 'kvm', ${newId()}, ${platformTenantId}, '{"cpuMillicores": 500, "memoryMb": 512}'
  from generate_series(1, ${count}::int) as n`;
