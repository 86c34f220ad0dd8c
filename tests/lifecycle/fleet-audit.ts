import { storedIn } from "#tests/hypervisors/kills.ts";
import type { StoredMachine } from "#tests/hypervisors/random-callers.ts";
import { asOwner } from "#tests/harness/server.ts";
import type { Lifecycle } from "./fixture.ts";

interface AuditedVm {
  id: string;
  state: string;
  nodeId: string | null;
  isPurged: boolean;
  /** The state that its newest transition has recorded. */
  recorded: string | null;
}

/** What the vms database, the scheduler database and the hypervisor's store have when no operation runs. */
export interface Fleet {
  vms: readonly AuditedVm[];
  operations: readonly { id: string; kind: string; state: string }[];
  /** The slots that operations have. */
  slots: readonly { vmId: string; operationId: string }[];
  /** What an operation has recorded more than once: a transition, a decision. */
  repeated: readonly { what: string; operationId: string; count: number }[];
  claims: readonly { vmId: string; nodeId: string; status: string }[];
  nodes: readonly { id: string; resource: string; allocated: number; claimed: number }[];
  usage: { counted: number; stored: number };
  machines: readonly StoredMachine[];
}

/** The state of a machine that fits each state of its VM. One in error may be in any. A VM that was deleted has one until it is purged. */
const machineStates: Readonly<Record<string, readonly string[]>> = {
  running: ["running"],
  paused: ["paused"],
  suspended: ["suspended"],
  stopped: ["stopped"],
  deleted: ["stopped"],
  error: ["stopped", "running", "paused", "suspended"],
};

/**
 * Returns every contradiction between the databases and the hypervisor's store.
 * @param effects how often the machine of each VM must have been changed, where that is known
 */
export function contradictionsIn(fleet: Fleet, effects: ReadonlyMap<string, number> = new Map()): string[] {
  const known = new Set(fleet.vms.map(({ id }) => id));
  return [
    ...fleet.operations
      .filter(({ state }) => state !== "done" && state !== "compensated")
      .map(({ kind, id, state }) => `the operation ${kind} ${id} is ${state}`),
    ...fleet.slots.map(({ vmId, operationId }) => `the slot of ${vmId} is kept for ${operationId}`),
    ...fleet.repeated.map(({ what, operationId, count }) => `${what} of ${operationId} was recorded ${count} times`),
    ...fleet.nodes
      .filter(({ allocated, claimed }) => allocated !== claimed)
      .map((node) => `${node.id} has ${node.resource} ${node.allocated} allocated, and claims of ${node.claimed}`),
    ...(fleet.usage.counted === fleet.usage.stored
      ? []
      : [`the usage counts ${fleet.usage.stored} VMs instead of ${fleet.usage.counted}`]),
    ...fleet.claims.filter(({ vmId }) => !known.has(vmId)).map(({ vmId }) => `a claim is of no VM: ${vmId}`),
    ...fleet.machines.filter(({ vmId }) => !known.has(vmId)).map(({ vmId }) => `a machine is of no VM: ${vmId}`),
    ...fleet.vms.flatMap((vm) => ofVm(vm, fleet, effects.get(vm.id))),
  ];
}

function ofVm(
  { id, state, nodeId, isPurged, recorded }: AuditedVm,
  { claims, machines }: Fleet,
  effects?: number,
): string[] {
  const wrong: string[] = [];
  const find = (is: boolean, what: string) => {
    if (is) wrong.push(`${id} (${state}) ${what}`);
  };
  const own = claims.filter(({ vmId }) => vmId === id);
  const there = machines.filter(({ vmId }) => vmId === id);
  find(recorded !== state, `was recorded as ${recorded}`);
  find(own.length !== (state === "deleted" ? 0 : 1), `has ${own.length} claims`);
  for (const { status, nodeId: on } of own) {
    find(status !== "active", `has a claim that is ${status}`);
    find(on !== nodeId, `has a claim on the node ${on} and is on ${nodeId}`);
  }
  find(there.length !== (nodeId === null || isPurged ? 0 : 1), `has ${there.length} machines`);
  for (const machine of there) {
    find(machine.nodeId !== nodeId, `has a machine on the node ${machine.nodeId} and is on ${nodeId}`);
    find(!machineStates[state]?.includes(machine.state), `has a machine that is ${machine.state}`);
    if (effects !== undefined)
      find(
        machine.effects !== effects,
        `has a machine that was changed ${machine.effects} times instead of ${effects}`,
      );
  }
  return wrong;
}

/** Reads the two databases and the hypervisor's store. */
export async function readFleet({ product, hypervisor }: Lifecycle): Promise<Fleet> {
  const inVms = await asOwner(product.urls.url("vms"), async (sql) => ({
    vms: await sql<AuditedVm[]>`
      select id, state, node_id as "nodeId", purged_at is not null as "isPurged", (
        select to_state from vm_state_transitions where vm_id = vms.id order by created_at desc, id desc limit 1) as recorded
      from vms`,
    operations: await sql<{ id: string; kind: string; state: string }[]>`select id, kind, state from operations`,
    slots: await sql<{ vmId: string; operationId: string }[]>`
      select vm_id as "vmId", operation_id as "operationId" from vm_slots where released_at is null`,
    transitions: await sql<{ what: string; operationId: string; count: number }[]>`
      select 'the transition to ' || to_state as what, operation_id as "operationId", count(*)::int as count
      from vm_state_transitions where operation_id is not null group by vm_id, operation_id, to_state having count(*) > 1`,
    usage: await sql<{ counted: number; stored: number }[]>`
      select (select count(*)::int from vms where state <> 'deleted') as counted, (select coalesce(sum(vm_count), 0)::int from vm_usage) as stored`,
  }));
  const inScheduler = await asOwner(product.urls.url("scheduler"), async (sql) => ({
    claims: await sql<{ vmId: string; nodeId: string; status: string }[]>`
      select vm_id as "vmId", node_id as "nodeId", status from resource_allocations where status <> 'deallocated'`,
    nodes: await sql<Fleet["nodes"][number][]>`
      select nodes.id, amount.resource, (allocated ->> amount.resource)::float8 as allocated, coalesce(amount.claimed, 0)::float8 as claimed
      from nodes left join lateral (
        select sum(cpu_millicores) as cpu, sum(memory_mb) as memory, sum(storage_gb) as storage from resource_allocations
        where node_id = nodes.id and status <> 'deallocated') as claims on true
      cross join lateral (values ('cpuMillicores', claims.cpu), ('memoryMb', claims.memory), ('storageGb', claims.storage)) as amount (resource, claimed)`,
    decisions: await sql<{ what: string; operationId: string; count: number }[]>`
      select 'the decision ' || step as what, operation_id as "operationId", count(*)::int as count from scheduling_decisions
      where operation_id is not null and allocation_id is not null group by operation_id, step having count(*) > 1`,
  }));
  const { transitions, usage, ...vms } = inVms;
  const { decisions, ...scheduler } = inScheduler;
  return {
    ...vms,
    ...scheduler,
    repeated: [...transitions, ...decisions],
    usage: usage[0] ?? { counted: 0, stored: 0 },
    machines: await storedIn(hypervisor),
  };
}
