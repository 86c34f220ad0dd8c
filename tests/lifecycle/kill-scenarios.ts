import { changeStates } from "#db/vms/state-writes.ts";
import { methods } from "#hypervisors/simulated/protocol.ts";
import { demoTenantId } from "#lib/trust/demo-tenant.ts";
import { newId } from "#lib/uuid.ts";
import { asOwner } from "#tests/harness/server.ts";
import { purgeDeletedVms } from "#subgraphs/vms/deletion/purge-deleted-vms.ts";
import { deletedBefore, deletedVm } from "./deleted-vms.ts";
import { type Lifecycle, newName, type Payload, small } from "./fixture.ts";

/** A way through an operation on a VM. */
export interface Scenario {
  title: string;
  /** Returns a VM on which it can start; none when it makes one. */
  prepare?(lifecycle: Lifecycle): Promise<string>;
  begin(lifecycle: Lifecycle, vmId: string): Promise<Payload>;
  /** Undoes what `prepare` has changed besides the VM. */
  tidy?(lifecycle: Lifecycle): Promise<unknown>;
  /** How often the machine is changed when the operation works, and when it is cancelled at its last safe point and undone. */
  effects: { done: number; undone: number };
}

const running = (lifecycle: Lifecycle) => lifecycle.created();
const stopped = (lifecycle: Lifecycle) => lifecycle.created({ start: false });

/** Returns a running VM after an action. */
const after = (mutation: string) => async (lifecycle: Lifecycle) => {
  const vmId = await lifecycle.created();
  const { operation } = await lifecycle.mutate(mutation, { vmId });
  await lifecycle.ended(operation?.id);
  return vmId;
};

/** Returns a VM in error, whose machine has stopped. */
async function failed(lifecycle: Lifecycle): Promise<string> {
  const vmId = await lifecycle.created();
  const nodeId = (await lifecycle.vm(vmId)).node?.id ?? "";
  const call = { nodeId, vmId, fence: { operationId: newId(), token: 1 }, step: "fail" };
  await lifecycle.hypervisor.client.stop({ ...call, signal: AbortSignal.timeout(5_000) }, { forced: true });
  await lifecycle.product.databases.vms.write({ tenantId: demoTenantId }, (tx) =>
    changeStates(tx, [{ vmId, from: "running", to: "error", reason: "a test" }]),
  );
  return vmId;
}

const setStatus = (lifecycle: Lifecycle, nodeId: string | undefined, status: string) =>
  asOwner(
    lifecycle.product.urls.url("scheduler"),
    (sql) =>
      sql`update nodes set status = ${status}, generation = generation + 1 where ${nodeId ? sql`id = ${nodeId}` : sql`true`}`,
  );

const action =
  (mutation: string, more: object = {}): Scenario["begin"] =>
  (lifecycle, vmId) =>
    lifecycle.mutate(mutation, { vmId, ...more });
const create =
  (more: object = {}): Scenario["begin"] =>
  (lifecycle) =>
    lifecycle.mutate("createVm", { name: newName(), resources: small, ...more });

/** Starts the purge of a VM, as the job does. */
async function purge(lifecycle: Lifecycle, vmId: string): Promise<Payload> {
  const { databases, urls } = lifecycle.product;
  await deletedBefore(lifecycle, [vmId], 30);
  const { signal } = new AbortController();
  const both = { service: databases.vms, system: lifecycle.systems.vms };
  await purgeDeletedVms(both, { retentionSeconds: 86_400, signal });
  const [operation] = await asOwner(
    urls.url("vms"),
    (sql) => sql<{ id: string }[]>`select id from operations where kind = 'purge_vm' and subject = ${`Vm:${vmId}`}`,
  );
  return { vm: { id: vmId, state: "DELETED" }, operation: operation ?? null, userErrors: [] };
}

/** A call takes long enough to be killed while it is under way. */
export const slow = { latencies: Object.fromEntries(methods.map((method) => [method, [4, 8] as [number, number]])) };

/** The ways through each kind of operation on VMs. */
export const scenarios: Readonly<Record<string, readonly Scenario[]>> = {
  create_vm: [
    { title: "starts", begin: create(), effects: { done: 2, undone: 0 } },
    {
      title: "stays off, after two nodes have refused it",
      prepare: async (lifecycle) => {
        await lifecycle.hypervisor.configure({ ...slow, planned: [{ fault: "refusal", method: "create", times: 2 }] });
        return "";
      },
      tidy: (lifecycle) => lifecycle.hypervisor.configure(slow),
      begin: create({ start: false }),
      effects: { done: 1, undone: 0 },
    },
  ],
  start_vm: [
    { title: "stays on its node", prepare: stopped, begin: action("startVm"), effects: { done: 1, undone: 2 } },
    {
      title: "moves off a node in maintenance",
      prepare: async (lifecycle) => {
        const vmId = await stopped(lifecycle);
        await setStatus(lifecycle, (await lifecycle.vm(vmId)).node?.id, "maintenance");
        return vmId;
      },
      tidy: (lifecycle) => setStatus(lifecycle, undefined, "ready"),
      begin: action("startVm"),
      effects: { done: 2, undone: 4 },
    },
  ],
  // A guest that stops by itself is no effect of the hypervisor.
  stop_vm: [{ title: "is asked", prepare: running, begin: action("stopVm"), effects: { done: 0, undone: 1 } }],
  force_stop_vm: [
    { title: "runs", prepare: running, begin: action("stopVm", { forced: true }), effects: { done: 1, undone: 0 } },
    {
      title: "is suspended",
      prepare: after("suspendVm"),
      begin: action("stopVm", { forced: true }),
      effects: { done: 1, undone: 0 },
    },
  ],
  reboot_vm: [{ title: "runs", prepare: running, begin: action("rebootVm"), effects: { done: 1, undone: 1 } }],
  pause_vm: [{ title: "runs", prepare: running, begin: action("pauseVm"), effects: { done: 1, undone: 2 } }],
  resume_vm: [
    { title: "is paused", prepare: after("pauseVm"), begin: action("resumeVm"), effects: { done: 1, undone: 2 } },
    { title: "is suspended", prepare: after("suspendVm"), begin: action("resumeVm"), effects: { done: 1, undone: 2 } },
  ],
  suspend_vm: [{ title: "runs", prepare: running, begin: action("suspendVm"), effects: { done: 1, undone: 2 } }],
  recover_vm: [{ title: "has failed", prepare: failed, begin: action("recoverVm"), effects: { done: 1, undone: 2 } }],
  delete_vm: [
    { title: "runs", prepare: running, begin: action("deleteVm"), effects: { done: 1, undone: 0 } },
    { title: "is off", prepare: stopped, begin: action("deleteVm"), effects: { done: 0, undone: 0 } },
  ],
  undelete_vm: [
    {
      title: "is off",
      prepare: (lifecycle) => deletedVm(lifecycle),
      begin: action("undeleteVm"),
      effects: { done: 0, undone: 0 },
    },
  ],
  purge_vm: [
    {
      title: "was deleted long ago",
      prepare: (lifecycle) => deletedVm(lifecycle),
      begin: purge,
      effects: { done: 0, undone: 0 },
    },
  ],
};
