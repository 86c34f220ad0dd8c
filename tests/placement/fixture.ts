import { afterAll, beforeAll } from "vitest";
import postgres from "postgres";
import { type Database, openDatabase } from "#db/client.ts";
import { type NodeResources, noResources } from "#db/scheduler/schema/node-resources.ts";
import { newOperationId } from "#lib/operations/operation-id.ts";
import type { Identity } from "#lib/trust/request-context.ts";
import { newId } from "#lib/uuid.ts";
import { createSchedulerSubgraph } from "#subgraphs/scheduler/subgraph.ts";
import { cloneDatabases, type TestDatabases } from "#tests/harness/server.ts";
import { type GivenNode, node } from "./nodes.ts";

export const tenantId = "0197a000-0000-7000-8000-00000000aaaa";

export interface Call {
  vmId: string;
  operationId: string;
  token: number;
}

/** Returns the call of a new operation about a new VM. */
export const newCall = (more: Partial<Call> = {}): Call => ({
  vmId: newId(),
  operationId: newOperationId("vms"),
  token: 1,
  ...more,
});

export interface Answer {
  data?: Record<string, never> & { nodeId?: string; nodeName?: string; allocationId?: string; decisionId?: string };
  code?: string;
  message?: string;
  details?: Record<string, unknown>;
}

export const small = { cpuMillicores: 1_000, memoryMb: 1_024 };

/** What the payload of each call has. */
const selections: Readonly<Record<string, string>> = {
  reservePlacement: "nodeId nodeName allocationId decisionId",
  activateAllocation: "allocationId",
  releaseAllocation: "released",
  resizeAllocation: "allocationId",
  settleAllocation: "allocationId",
};

export interface PlacementFixture {
  urls: TestDatabases;
  owner: postgres.Sql;
  database: Database;
  system: Database;
  send(name: string, input: object, as?: Partial<Identity>): Promise<Answer>;
  reserve(call: Call, more?: object, as?: Partial<Identity>): Promise<Answer>;
  /** Replaces all nodes. Removes all claims and policies. */
  nodes(...given: (GivenNode & { region?: string | null })[]): Promise<void>;
  claims(vmId: string): Promise<{ node: string; status: string; cpu: number; memory: number }[]>;
  /** Whether each node's allocated amounts are the sum of the claims on it, and none is exceeded. */
  audit(): Promise<void>;
}

/** Creates the scheduler subgraph on an empty database for the tests of a file. */
export function placementFixture(): PlacementFixture {
  const fixture = {} as PlacementFixture;
  let stop: () => Promise<void> = async () => undefined;
  beforeAll(async () => {
    const opened = await open();
    ({ stop } = opened);
    Object.assign(fixture, opened);
  });
  afterAll(() => stop());
  return fixture;
}

async function open(): Promise<PlacementFixture & { stop(): Promise<void> }> {
  const urls = await cloneDatabases(["scheduler"]);
  const url = urls.url("scheduler");
  const database = await openDatabase({ domain: "scheduler", url });
  const system = await openDatabase({ domain: "scheduler", url, as: "system" });
  const owner = postgres(url, { max: 2, onnotice: () => undefined });
  // Two, with what each knows of the nodes, as in two processes. Requests alternate between them.
  const other = await openDatabase({ domain: "scheduler", url });
  const subgraphs = [database, other].map((each) => createSchedulerSubgraph({ database: each }));
  let sent = 0;
  const send: PlacementFixture["send"] = async (name, input, as = {}) => {
    const identity: Identity = { kind: "service", id: "jobs", tenantId, permissions: [], ...as };
    const type = `${name[0]?.toUpperCase()}${name.slice(1)}Input!`;
    const query = `mutation ($input: ${type}) { result: ${name}(input: $input) { ${selections[name]} } }`;
    const context = { identity, requestId: "request", deadline: Date.now() + 30_000 };
    const subgraph = subgraphs[(sent += 1) % subgraphs.length];
    const { data, errors } = (await subgraph?.execute({ query, variables: { input } }, context)) ?? {};
    const [error] = errors ?? [];
    if (!error) return { data: data?.["result"] as NonNullable<Answer["data"]> };
    return { code: String(error.extensions["code"]), message: error.message, details: error.extensions };
  };
  return {
    urls,
    owner,
    database,
    system,
    send,
    reserve: (call, more = {}, as = {}) =>
      send("reservePlacement", { ...call, step: "reserve", resources: small, ...more }, as),
    nodes: async (...given) => {
      await owner`truncate resource_allocations, scheduling_decisions, scheduling_policies, projected_vms, nodes cascade`;
      for (const each of given.map(node)) await insertNode(owner, each);
    },
    claims: async (vmId) => [
      ...(await owner<{ node: string; status: string; cpu: number; memory: number }[]>`
        select nodes.name as node, resource_allocations.status, cpu_millicores as cpu, memory_mb::int as memory
        from resource_allocations join nodes on nodes.id = node_id
        where vm_id = ${vmId} and resource_allocations.status <> 'deallocated' order by allocated_at, nodes.name`),
    ],
    audit: async () => {
      const wrong = await owner`
        select nodes.name, allocated ->> 'cpuMillicores' as has, coalesce(sum(cpu_millicores), 0) as claimed
        from nodes left join resource_allocations on node_id = nodes.id and resource_allocations.status <> 'deallocated'
        group by nodes.id having (allocated ->> 'cpuMillicores')::bigint <> coalesce(sum(cpu_millicores), 0)
          or (allocated ->> 'memoryMb')::bigint <> coalesce(sum(memory_mb), 0)
          or (allocated ->> 'cpuMillicores')::bigint > (allocatable ->> 'cpuMillicores')::bigint * coalesce((allocation_rules -> 'cpuMillicores' ->> 'ratio')::numeric, 1)`;
      if (wrong.length > 0) throw new Error(`The nodes are not what is claimed on them: ${JSON.stringify(wrong)}`);
    },
    stop: async () => {
      await Promise.all([database.close(), other.close(), system.close(), owner.end()]);
      await urls.drop();
    },
  };
}

async function insertNode(sql: postgres.Sql, { id, name, ...given }: ReturnType<typeof node>): Promise<void> {
  await sql`insert into nodes ${sql({
    id: nodeId(id),
    name,
    hostname: name,
    ip_address: "10.0.0.1",
    node_type: "compute",
    status: given.status,
    region: given.region,
    availability_zone: given.availabilityZone,
    capacity: json(sql, given.allocatable),
    allocatable: json(sql, given.allocatable),
    allocated: json(sql, given.allocated),
    allocation_rules: json(sql, given.allocationRules),
    inventoried_at: given.inventoriedAt,
    last_heartbeat: given.lastHeartbeat,
    heartbeat_timeout_seconds: given.heartbeatTimeoutSeconds,
    gpu_model: given.gpuModel,
    labels: json(sql, given.labels),
    taints: json(sql, given.taints),
  })}`;
}

const json = (sql: postgres.Sql, value: unknown) => sql.json(value as postgres.JSONValue);

const ids = new Map<string, string>();
/** Returns the id of a node by its short name. */
export function nodeId(name: string): string {
  const known = ids.get(name) ?? newId();
  ids.set(name, known);
  return known;
}

/** Room for so many VMs of the size `small`. */
export const roomFor = (vms: number): NodeResources => ({
  ...noResources,
  cpuMillicores: 1_000 * vms,
  memoryMb: 1_024 * vms,
  storageGb: 100,
});
