import { rmSync } from "node:fs";
import postgres from "postgres";
import { type Database, openDatabase } from "#db/client.ts";
import { startEmbeddedPostgres } from "#db/embedded/start.ts";
import { migrateDomain } from "#db/migrate.ts";
import { NodeSnapshot } from "#db/scheduler/node-snapshot.ts";
import { noResources } from "#db/scheduler/schema/node-resources.ts";
import { PublicError } from "#lib/errors.ts";
import { newOperationId } from "#lib/operations/operation-id.ts";
import type { RequestContext } from "#lib/trust/request-context.ts";
import { newId } from "#lib/uuid.ts";
import { appliedRules } from "#subgraphs/scheduler/rules/applied-rules.ts";
import type { PlacedVm } from "#subgraphs/scheduler/placement/groups.ts";
import { place } from "#subgraphs/scheduler/placement/place.ts";
import { reservePlacement } from "#subgraphs/scheduler/placement/reserve-placement.ts";
import { temporaryDataDir } from "#tests/harness/data-dir.ts";
import { node } from "#tests/placement/nodes.ts";
import { type Figure, percentile } from "./report.ts";

const nodeCount = 1_000;
const size = { cpuMillicores: 64_000, memoryMb: 262_144 };
const resources = { cpuMillicores: 500, memoryMb: 1_024 };
const cpuAim = "under 2 ms";

/** Measures a placement over 1,000 nodes: the decision alone, the whole reservation with a fleet of 60 and of 12,000 VMs, and 64 callers on one last slot. */
export async function run({ quick }: { quick: boolean }): Promise<Figure[]> {
  const times = quick ? 200 : 1_000;
  const dataDir = temporaryDataDir("novacron-bench-");
  const stops: (() => Promise<unknown>)[] = [async () => rmSync(dataDir, { recursive: true, force: true })];
  try {
    const embedded = await startEmbeddedPostgres({ dataDir, databases: ["novacron_scheduler"] });
    stops.push(() => embedded.stop());
    const url = embedded.url("novacron_scheduler");
    await migrateDomain(url, "scheduler");
    const database = await openDatabase({ domain: "scheduler", url });
    const owner = postgres(url, { max: 1, onnotice: () => undefined });
    stops.push(
      () => database.close(),
      () => owner.end(),
    );
    const figures = decisions(times);
    await insertNodes(owner, nodeCount);
    for (const fleet of [60, 12_000]) figures.push(...(await reservations(database, owner, fleet, times)));
    return [...figures, await lastSlot(database, owner)];
  } finally {
    for (const stop of stops.reverse()) await stop();
  }
}

/** Returns the CPU of `place` alone, without and with rules about groups. */
function decisions(times: number): Figure[] {
  const nodes = Array.from({ length: nodeCount }, (_, n) =>
    node({
      id: `n${n}`,
      labels: { rack: `r${n % 40}` },
      availabilityZone: `z${n % 3}`,
      allocated: { cpuMillicores: n * 10 },
    }),
  );
  const tags = { app: "web" };
  const others: PlacedVm[] = Array.from({ length: 100 }, (_, n) => ({
    nodeId: `n${n}`,
    tags,
    isLeaving: false,
    antiAffinity: [],
  }));
  const rules = [
    { type: "antiAffinity" as const, scope: "host" as const, tags },
    { type: "spread" as const, scope: "zone" as const, tags, maxSkew: 5 },
    { type: "requireLabels" as const, labels: [{ key: "rack" }] },
  ];
  const applied = appliedRules(rules, [], tags);
  const measured = (name: string, work: () => unknown): Figure => {
    for (let warm = 0; warm < 50; warm += 1) work();
    const before = process.cpuUsage();
    for (let time = 0; time < times; time += 1) work();
    return { name, value: cpuMs(before) / times, unit: "ms CPU", aim: cpuAim };
  };
  return [
    measured(`decision over ${nodeCount} nodes`, () => place(resources, nodes)),
    measured(`decision over ${nodeCount} nodes, three rules`, () => place(resources, nodes, { applied, tags, others })),
  ];
}

const cpuMs = (before: NodeJS.CpuUsage): number => {
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1_000;
};

async function reservations(database: Database, owner: postgres.Sql, fleet: number, times: number): Promise<Figure[]> {
  await insertClaims(owner, fleet);
  await owner`vacuum analyze`;
  const alone: number[] = [];
  for (let warm = 0; warm < 50; warm += 1) await reserve(database);
  const before = process.cpuUsage();
  for (let time = 0; time < times; time += 1) {
    const began = performance.now();
    await reserve(database);
    alone.push(performance.now() - began);
  }
  const cpu = cpuMs(before) / times;
  const began = performance.now();
  let left = times;
  const caller = async () => {
    while (left > 0) {
      left -= 1;
      await reserve(database);
    }
  };
  await Promise.all(Array.from({ length: 16 }, caller));
  const name = `reservation among ${fleet} VMs`;
  return [
    { name: `${name}, p50`, value: percentile(alone, 0.5), unit: "ms" },
    { name: `${name}, with its statements`, value: cpu, unit: "ms CPU" },
    { name: `${name}, 16 callers`, value: (times / (performance.now() - began)) * 1_000, unit: "/s" },
  ];
}

async function lastSlot(database: Database, owner: postgres.Sql): Promise<Figure> {
  await owner`truncate resource_allocations, scheduling_decisions, nodes`;
  await insertNodes(owner, nodeCount);
  await owner`update nodes set allocated = allocatable`;
  const left = owner.json({ ...noResources, ...resources });
  await owner`update nodes set allocatable = ${left}, allocated = ${owner.json({ ...noResources })} where name = 'n1'`;
  const began = performance.now();
  const won = await Promise.all(Array.from({ length: 64 }, () => reserve(database)));
  const ms = performance.now() - began;
  const winners = won.filter(Boolean).length;
  if (winners !== 1) throw new Error(`${winners} callers got the last slot.`);
  return { name: `64 callers on one last slot of ${nodeCount} nodes`, value: ms, unit: "ms", aim: "under 1,000 ms" };
}

const tenantId = newId();
const known = new NodeSnapshot();

/** Returns whether there was room. */
async function reserve(database: Database): Promise<boolean> {
  const request: RequestContext = {
    identity: { kind: "service", id: "jobs", tenantId, permissions: [] },
    requestId: "bench",
    deadline: Date.now() + 30_000,
  };
  const input = { vmId: newId(), operationId: newOperationId("vms"), token: 1, step: "reserve", resources };
  return reservePlacement({ database, nodes: known }, request, input).then(
    () => true,
    (error: unknown) => {
      if (error instanceof PublicError && error.code === "NO_CAPACITY") return false;
      throw error;
    },
  );
}

const insertNodes = (owner: postgres.Sql, count: number) => {
  const capacity = owner.json({ ...noResources, ...size });
  return owner`
    insert into nodes (name, hostname, ip_address, node_type, capacity, allocatable, allocated, status, inventoried_at, labels, availability_zone)
    select 'n' || n, 'n' || n, '10.0.0.1', 'compute', ${capacity}, ${capacity}, ${owner.json({ ...noResources })}, 'ready', now(),
      jsonb_build_object('rack', 'r' || n % 40), 'z' || n % 3
    from generate_series(1, ${count}) as n`;
};

/** Lets so many VMs have claims, evenly on the nodes. */
async function insertClaims(owner: postgres.Sql, count: number): Promise<void> {
  await owner`truncate resource_allocations, scheduling_decisions`;
  await owner`
    insert into resource_allocations (tenant_id, vm_id, node_id, allocation_type, cpu_millicores, memory_mb, storage_gb, tags)
    select ${tenantId}, gen_random_uuid(), node.id, 'guaranteed', 500, 1024, 0, '{"app": "web"}'
    from generate_series(1, ${count}) as n
    join (select id, row_number() over (order by name) as at from nodes) as node on node.at = n % ${nodeCount} + 1`;
  await owner`
    update nodes set allocated = nodes.allocated || jsonb_build_object('cpuMillicores', coalesce(cpu, 0), 'memoryMb', coalesce(memory, 0))
    from nodes as each left join (
      select node_id, sum(cpu_millicores) as cpu, sum(memory_mb) as memory from resource_allocations group by node_id
    ) as claims on claims.node_id = each.id
    where each.id = nodes.id`;
}
