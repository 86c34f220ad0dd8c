import { afterEach, expect, test } from "vitest";
import { hasKeyUsers } from "#db/auth/credentials.ts";
import { openDatabase } from "#db/client.ts";
import { seedDemoFleet } from "#demo/seed.ts";
import { importBitbrains } from "#import/bitbrains.ts";
import { importCloudPrices } from "#import/cloud-prices.ts";
import { importOpenb } from "#import/openb.ts";
import { demo, emptyFleet, type TestFleet, trace } from "./fleet.ts";

let fleet: TestFleet;
afterEach(() => fleet.close());

const nodesCsv = [
  "sn,cpu_milli,memory_mib,gpu,model",
  "node-a,8000,16384,0,",
  "node-b,16000,32768,2,T4",
  "node-c,many,32768,2,T4",
  "node-d,16000,32768,2,T4",
  "",
].join("\n");

const pricesCsv = [
  "provider,region,instance_type,family,vcpu,memory_gib,gpu_count,arch,os,usd_hour_ondemand,usd_hour_spot,usd_hour_reserved_1y,usd_hour_reserved_3y,as_of",
  "aws,eu-west-1,t.small,t,2,4.0,0,x86_64,linux,0.043656123,0.01,,,2024-04-04",
  "aws,eu-west-1,t.large,t,8,32.0,0,x86_64,linux,0.4,0.1,0,,2024-04-04",
  "aws,eu-west-1,p.huge,p,96,1152.0,8,x86_64,linux,0,,,,2024-04-04",
  "azure,westeurope,B2,b,2,8,0,x86_64,linux,0.05,,,,2024-04-04",
  "gcp,europe-west1,n2,n,2,8,0,x86_64,linux,6.61733049041096,,,,2024-04-04",
  "gcp,europe-west1,n3,n,2,8,0,x86_64,linux,free,,,,2024-04-04",
  "",
].join("\n");

const agreement = `select count(*)::int as wrong from nodes n left join (
    select node_id, sum(cpu_millicores) as cpu, sum(memory_mb) as memory from resource_allocations
    where status <> 'deallocated' group by 1) claimed on claimed.node_id = n.id
  where coalesce(cpu, 0) <> (allocated ->> 'cpuMillicores')::bigint or coalesce(memory, 0) <> (allocated ->> 'memoryMb')::bigint
    or (allocated ->> 'cpuMillicores')::bigint > (allocatable ->> 'cpuMillicores')::bigint
    or (allocated ->> 'memoryMb')::bigint > (allocatable ->> 'memoryMb')::bigint`;

const places = () =>
  fleet.rows<{ vm: string; node: string }>(
    "vms",
    "select id as vm, node_id as node from vms where node_id is not null order by id",
  );

test("VMs are placed within capacity whether the nodes or the trace come first, and a repeat changes nothing", async () => {
  for (const nodesFirst of [true, false]) {
    fleet = await emptyFleet();
    const nodes = fleet.file("nodes.csv.gz", nodesCsv);
    const day = fleet.file("day.csv", trace(10, 3));
    const openb = () => importOpenb(fleet.dbs, nodes, { tenant: demo });
    const bitbrains = () => importBitbrains(fleet.dbs, day, { tenant: demo });
    if (nodesFirst) await openb();
    await bitbrains();
    const result = await openb();
    expect(result).toMatchObject({ clusters: 2, nodes: 3, rejected: 1, placed: nodesFirst ? 0 : 10 });
    expect(result.rejections).toEqual(['nodes.csv.gz:4: cpu_milli: "many" is not a whole number']);
    expect(await places()).toHaveLength(10);
    expect(await fleet.rows("scheduler", agreement)).toEqual([{ wrong: 0 }]);
    const [decisions] = await fleet.rows<{ n: number }>(
      "scheduler",
      "select count(*)::int as n from scheduling_decisions d join resource_allocations a on a.vm_id = d.vm_id and a.node_id = d.selected_node_id",
    );
    expect(decisions?.n).toBe(10);
    const before = await fleet.contents();
    expect(await openb()).toMatchObject({ changed: 0, placed: 0 });
    await bitbrains();
    expect(await fleet.contents()).toBe(before);
    if (nodesFirst) await fleet.close();
  }
});

test("an import before the first start leaves nothing that is under the keys of an installation", async () => {
  fleet = await emptyFleet();
  await importBitbrains(fleet.dbs, fleet.file("day.csv", trace(2, 2)), { tenant: demo });
  expect(await fleet.rows("auth", "select name from api_keys")).toEqual([{ name: "metrics agent" }]);
  const system = await openDatabase({ domain: "auth", url: fleet.url("auth"), as: "system" });
  try {
    expect(await hasKeyUsers(system)).toBe(false);
  } finally {
    await system.close();
  }
});

test("a VM that fits on no node stays unplaced, with a decision that names the nearest miss", async () => {
  fleet = await emptyFleet();
  await importOpenb(fleet.dbs, fleet.file("nodes.csv", "sn,cpu_milli,memory_mib,gpu,model\nn1,4000,8192,0,\n"), {
    tenant: demo,
  });
  const result = await importBitbrains(fleet.dbs, fleet.file("day.csv", trace(4, 2)), { tenant: demo });
  expect(result.placed).toBe(2);
  const misses = await fleet.rows<{ candidates: { reasons: string[] }[] }>(
    "scheduler",
    "select candidate_nodes as candidates from scheduling_decisions where selected_node_id is null",
  );
  expect(misses).toHaveLength(2);
  expect(misses[0]?.candidates[0]?.reasons[0]).toContain("n1 is short of");
});

test("the price catalogue keeps every decimal that it can hold, treats a price of 0 as unknown, and prices the VMs' counterparts at providers", async () => {
  fleet = await emptyFleet();
  await importBitbrains(fleet.dbs, fleet.file("day.csv", trace(12, 2)), { tenant: demo });
  const path = fleet.file("aws.csv.gz", pricesCsv);
  const result = await importCloudPrices(fleet.dbs, path, { tenant: demo });
  expect(result).toMatchObject({ prices: 5, changed: 5, rejected: 1, twins: 4 });
  expect(result.rejections).toEqual(['aws.csv.gz:7: usd_hour_ondemand: "free" is not a price']);
  const prices = await fleet.rows<{ type: string; price: string | null; reserved: string | null }>(
    "federation",
    "select instance_type as type, hourly_on_demand::text as price, hourly_reserved_1y::text as reserved from instance_prices order by 1",
  );
  expect(Object.fromEntries(prices.map(({ type, price }) => [type, price]))).toEqual({
    B2: "0.050000000",
    n2: "6.617330490",
    "p.huge": null,
    "t.large": "0.400000000",
    "t.small": "0.043656123",
  });
  const twins = await fleet.rows<{ type: string; cost: string }>(
    "federation",
    "select instance_type as type, cost_per_hour::text as cost from multicloud_vms order by name",
  );
  expect(twins).toContainEqual({ type: "t.small", cost: "0.043656123" });
  const before = await fleet.contents();
  expect(await importCloudPrices(fleet.dbs, path, { tenant: demo })).toMatchObject({
    changed: 0,
    twins: 0,
    optimizations: 0,
  });
  expect(await fleet.contents()).toBe(before);
});

const eventLogTable = /^(outbox_events_\d+|consumed_events|event_consumers|event_relay_checkpoints|projected_vms)$/;
/** Seeding makes no calls between processes, and starts no operation. */
const otherTables = [
  "allocation_fences",
  "executed_writes",
  "operation_schedules",
  "operation_steps",
  "operation_workers",
  "operations",
  "projected_operations",
  "request_keys",
  "vm_slots",
];

test("the demo fleet has rows in every table, is seeded once, and its running VMs have samples of the last hour", async () => {
  fleet = await emptyFleet();
  expect(await seedDemoFleet(fleet.dbs)).toMatchObject({ seeded: true, vms: 60, nodes: 12 });
  const before = await fleet.contents();
  expect(await seedDemoFleet(fleet.dbs)).toMatchObject({ seeded: false });
  expect(await fleet.contents()).toBe(before);
  const empty = before.split("\n").filter((row) => row.split(" ")[1] === "0");
  // In the event log, the relay and the consumers fill the other tables.
  const left = empty
    .map((row) => row.split(" ")[0] ?? "")
    .filter((table) => !otherTables.includes(table) && !eventLogTable.test(table));
  // A generated user has neither a second factor nor a password to reset, does not sign in, and opens no connection.
  expect(left).toEqual([
    "connection_tickets",
    "password_resets",
    "recovery_codes",
    "sign_in_addresses",
    "metric_dirty_hours",
    "metric_retention_holds",
  ]);
  expect(await fleet.rows("scheduler", agreement)).toEqual([{ wrong: 0 }]);
  const [live] = await fleet.rows<{ vms: number }>(
    "monitoring",
    "select count(*)::int as vms from (select vm_id from vm_metrics where time > now() - interval '1 hour' group by 1 having count(*) >= 55) s",
  );
  expect(live?.vms).toBe(57);
});

test("every 50 imported VMs in a row have each kind of generated history, all of it marked as generated", async () => {
  fleet = await emptyFleet();
  await importOpenb(fleet.dbs, fleet.file("nodes.csv", nodesCsv.replace("many", "64000")), { tenant: demo });
  await importBitbrains(fleet.dbs, fleet.file("day.csv", trace(50, 3)), { tenant: demo });
  await importCloudPrices(fleet.dbs, fleet.file("aws.csv", pricesCsv), { tenant: demo });
  const counted = async (domain: "vms" | "monitoring" | "federation" | "scheduler", table: string, origin: string) => {
    const [row] = await fleet.rows<{ n: number; generated: number }>(
      domain,
      `select count(*)::int as n, count(*) filter (where ${origin} ->> 'origin' = 'generated')::int as generated from ${table}`,
    );
    expect(row?.n, table).toBeGreaterThan(0);
    expect(row?.generated, table).toBe(row?.n);
  };
  await counted("vms", "vm_networks", "metadata");
  await counted("vms", "vm_snapshots", "metadata");
  await counted("vms", "vm_state_transitions", "metadata");
  await counted("monitoring", "alert_rules", "metadata");
  await counted("monitoring", "alert_instances", "metadata");
  await counted("federation", "migrations", "metadata");
  await counted("federation", "migration_steps", "output");
  await counted("federation", "compliance_violations", "metadata");
  await counted("federation", "multicloud_vms", "provider_metadata");
  await counted("federation", "cost_optimizations", "metadata");
  await counted("scheduler", "scaling_recommendations", "metadata");
});
