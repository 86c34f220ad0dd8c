import { beforeEach, describe, expect, it, onTestFinished } from "vitest";
import type { WriteTx } from "#db/client.ts";
import { executedWrites } from "#db/executed-writes.ts";
import { cancelOperation, startOperation } from "#db/operations/requests.ts";
import { releaseSlotsOf } from "#db/vms/ended-slots-writes.ts";
import type { OperationDefinition } from "#lib/operations/definition.ts";
import { StepFailure } from "#lib/operations/failures.ts";
import { Replaceable } from "#lib/replaceable.ts";
import { listenSubgraph } from "#lib/subgraph/server.ts";
import type { ServiceCalls } from "#lib/subgraph/service-calls.ts";
import type { Subgraph } from "#lib/subgraph/subgraph.ts";
import { callerKeys } from "#lib/trust/call-keys.ts";
import { newId } from "#lib/uuid.ts";
import { callsInProcess } from "#runtime/service-calls.ts";
import { withOwnVmSlot } from "#subgraphs/vms/slots/slot-steps.ts";
import { takeSlot } from "#subgraphs/vms/slots/take-slot.ts";
import { createVmsSubgraph } from "#subgraphs/vms/subgraph.ts";
import { type Fixture, operationsFixture, scope } from "./fixture.ts";
import { jobsKeys, vmOf, workOnVm } from "./slot-drill.ts";
import { limits } from "./drill.ts";
import { startSlotWorker } from "./worker-processes.ts";

let fixture: Fixture;
let subgraph: Subgraph;
let calls: ServiceCalls;
let vmId: string;
beforeEach(async () => {
  fixture = await operationsFixture();
  subgraph = createVmsSubgraph({ database: fixture.service, calls: callsInProcess("vms", []) });
  calls = callsInProcess("jobs", [subgraph]);
  vmId = newId();
  await fixture.owner`
    insert into vms (id, tenant_id, owner_id, name, state, hypervisor_type, resource_config)
    values (${vmId}, ${scope.tenantId}, ${newId()}, 'web', 'stopped', 'kvm', '{}')`;
});

/** Returns the operations that have a slot. */
const holders = async (): Promise<string[]> =>
  (await fixture.owner<{ id: string }[]>`select operation_id as id from vm_slots where released_at is null`).map(
    ({ id }) => id,
  );

/** A promise, and the function that resolves it. */
function gate(): { opened: Promise<void>; open: () => void } {
  let open: () => void = () => undefined;
  const opened = new Promise<void>((resolve) => (open = resolve));
  return { opened, open };
}

/** Starts an operation that works on the VM until the returned function is called. */
async function startWorking(): Promise<{ id: string; definition: OperationDefinition<WriteTx>; finish: () => void }> {
  const [begun, end] = [gate(), gate()];
  const definition = workOnVm(calls, async () => {
    begun.open();
    await end.opened;
  });
  fixture.work([definition]);
  const id = await fixture.start(definition, { input: { vmId } });
  await begun.opened;
  return { id, definition, finish: end.open };
}

describe("an operation on a VM", () => {
  it("has the VM's slot while it works, and another one on the VM fails with VM_BUSY and its id", async () => {
    const { id, definition, finish } = await startWorking();
    expect(await holders()).toEqual([id]);
    const refused = await fixture.start(definition, { input: { vmId } });
    const { error, steps } = await fixture.reached(refused, "compensated");
    expect(error).toEqual({
      code: "VM_BUSY",
      message: `The operation ${id} (move_vm) works on this VM.`,
      step: "take_vm_slot",
    });
    expect(steps).toMatchObject([{ name: "take_vm_slot", attempts: 1, state: "undone" }]);
    expect(await holders()).toEqual([id]);
    finish();
    await fixture.reached(id, "done");
    expect(await holders()).toEqual([]);
  });

  it("fails when there is no such VM in its tenant", async () => {
    const definition = workOnVm(calls, async () => undefined);
    fixture.work([definition]);
    const id = await fixture.start(definition, { input: { vmId: newId() } });
    expect((await fixture.reached(id, "compensated")).error).toMatchObject({ code: "NOT_FOUND", step: "take_vm_slot" });
  });

  it("that fails releases the slot after its undos", async () => {
    const held: string[][] = [];
    const fails = async () => {
      throw new StepFailure("BROKEN", "The step fails.", { isFinal: true });
    };
    const definition = workOnVm(calls, fails, async () => void held.push(await holders()));
    fixture.work([definition]);
    const id = await fixture.start(definition, { input: { vmId } });
    expect((await fixture.reached(id, "compensated")).error).toMatchObject({ code: "BROKEN" });
    expect(held).toEqual([[id]]);
    expect(await holders()).toEqual([]);
  });

  it("is done although its release never works, and the record of its end releases the slot", async () => {
    const unreleasing: Pick<ServiceCalls, "call"> = {
      call: (name, request, context) =>
        request.query.includes("releaseVmSlot")
          ? Promise.reject(new Error("The vms domain is unavailable."))
          : calls.call(name, request, context),
    };
    const definition = workOnVm(unreleasing, async () => undefined);
    fixture.work([definition]);
    const id = await fixture.start(definition, { input: { vmId } });
    const { steps } = await fixture.reached(id, "done");
    expect(steps.at(-1)).toMatchObject({ name: "release_vm_slot", state: "done", attempts: 4 });
    expect(await holders()).toEqual([id]);
    expect(await fixture.system.write(scope, (tx) => releaseSlotsOf(tx, [id]))).toBe(1);
    expect(await holders()).toEqual([]);
  });

  it("that is cancelled while it works releases the slot", async () => {
    const { id, finish } = await startWorking();
    expect(await fixture.service.write(scope, (tx) => cancelOperation(tx, id))).toEqual({ outcome: "requested" });
    finish();
    expect((await fixture.reached(id, "compensated")).error).toMatchObject({ code: "CANCELLED" });
    expect(await holders()).toEqual([]);
  });

  it("cannot be cancelled once its release has begun: undos would work on a VM that another operation may have", async () => {
    const [begun, end] = [gate(), gate()];
    const slowly: Pick<ServiceCalls, "call"> = {
      call: async (name, request, context) => {
        const data = await calls.call(name, request, context);
        if (request.query.includes("releaseVmSlot")) {
          begun.open();
          await end.opened;
        }
        return data;
      },
    };
    const definition = workOnVm(slowly, async () => undefined);
    fixture.work([definition]);
    const id = await fixture.start(definition, { input: { vmId } });
    await begun.opened;
    const cancel = await fixture.service.write(scope, (tx) => cancelOperation(tx, id));
    expect(cancel).toEqual({ outcome: "not cancellable", step: "release_vm_slot" });
    end.open();
    await fixture.reached(id, "done");
  });

  it("that is taken over when its process is killed keeps the slot, and releases it at its end", async () => {
    const callers = new Replaceable(callerKeys("jobs", jobsKeys, "vms"));
    const listening = { subgraph, callers, executedWrites: executedWrites(fixture.service) };
    const server = await listenSubgraph(listening, "127.0.0.1", 0);
    onTestFinished(() => server.close());
    const options = { url: fixture.url, vmsUrl: server.url, leaseMs: 500 };
    const killed = await startSlotWorker({ ...options, hangs: true });
    const definition = workOnVm(calls, async () => undefined);
    const id = await fixture.start(definition, { input: { vmId } });
    await killed.printed("works");
    killed.child.kill("SIGKILL");
    expect(await holders()).toEqual([id]);
    await startSlotWorker({ ...options, hangs: false });
    const { steps } = await fixture.reached(id, "done");
    expect(steps.map(({ name, attempts }) => [name, attempts])).toEqual([
      ["take_vm_slot", 1],
      ["move", 2],
      ["release_vm_slot", 1],
    ]);
    expect(await holders()).toEqual([]);
  });
});

describe("an operation of the vms domain", () => {
  const definitionOf = (run: () => Promise<null>): OperationDefinition<WriteTx> =>
    withOwnVmSlot({ kind: "stop_vm", version: 1, steps: [{ ...limits, type: "effect", name: "stop", run }] }, vmOf);
  const start = (definition: OperationDefinition<WriteTx>) =>
    fixture.service.write(scope, async (tx) => {
      const { id: operationId } = await startOperation(tx, definition, { input: { vmId } });
      await takeSlot(tx, { vmId, operationId, operationKind: definition.kind, token: 0 });
      return operationId;
    });

  it("has the VM's slot from the transaction that starts it to its end, and another start is refused", async () => {
    const definition = definitionOf(async () => null);
    const id = await start(definition);
    await expect(start(definition)).rejects.toMatchObject({ code: "VM_BUSY", details: { operation: id } });
    expect(await fixture.owner`select id from operations`).toEqual([{ id }]);
    expect(await holders()).toEqual([id]);
    fixture.work([definition]);
    await fixture.reached(id, "done");
    expect(await holders()).toEqual([]);
  });

  it("that fails releases the slot", async () => {
    const definition = definitionOf(async () => {
      throw new StepFailure("BROKEN", "The step fails.", { isFinal: true });
    });
    const id = await start(definition);
    fixture.work([definition]);
    expect((await fixture.reached(id, "compensated")).error).toMatchObject({ code: "BROKEN" });
    expect(await holders()).toEqual([]);
  });
});
