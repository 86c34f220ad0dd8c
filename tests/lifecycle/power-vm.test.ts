import { describe, expect, it } from "vitest";
import { until } from "#tests/events/until.ts";
import { lifecycleFixture, newName, small } from "./fixture.ts";

const fixture = lifecycleFixture();

const stateIn = async (id: string) => {
  const machines = await fixture.hypervisor.client.list(AbortSignal.timeout(5_000));
  return machines.find(({ vmId }) => vmId === id)?.state;
};

it.each([
  ["stopVm", {}, "STOPPED", "stopped"],
  ["startVm", {}, "RUNNING", "running"],
  ["rebootVm", {}, "RUNNING", "running"],
  ["pauseVm", {}, "PAUSED", "paused"],
  ["resumeVm", {}, "RUNNING", "running"],
  ["suspendVm", {}, "SUSPENDED", "suspended"],
  ["stopVm", { forced: true }, "STOPPED", "stopped"],
] as const)("%s with %o brings the VM and its machine to %s", async (name, more, state, machine) => {
  vm ??= await fixture.created();
  const { operation, userErrors } = await fixture.mutate(name, { vmId: vm, ...more, reason: "a test" });
  expect(userErrors).toEqual([]);
  expect(await fixture.ended(operation?.id)).toMatchObject({ state: "DONE", error: null });
  expect((await fixture.vm(vm)).state).toBe(state);
  expect(await stateIn(vm)).toBe(machine);
  expect(await fixture.claims(vm)).toMatchObject([{ status: "active" }]);
});
let vm: string | undefined;

describe("a VM that is stopped", () => {
  it("cannot be paused: the error has the states in which it could, and the way out is in its available actions", async () => {
    const id = await fixture.created({ start: false });
    const { vm: changed, operation, userErrors } = await fixture.mutate("pauseVm", { vmId: id });
    expect({ changed, operation }).toEqual({ changed: null, operation: null });
    const message = "The VM is stopped: only one that is running can do this.";
    expect(userErrors).toEqual([{ code: "ACTION_NOT_POSSIBLE", field: ["vmId"], message }]);
    const { availableActions } = await fixture.vm(id);
    expect(availableActions.filter(({ allowed }) => allowed).map(({ action }) => action)).toEqual(["START", "DELETE"]);
    expect(availableActions.find(({ action }) => action === "PAUSE")?.reason).toBe(message);
  });

  it("is stopped again without an operation", async () => {
    const id = await fixture.created({ start: false });
    expect(await fixture.mutate("stopVm", { vmId: id })).toMatchObject({
      vm: { id, state: "STOPPED" },
      operation: null,
      userErrors: [],
    });
  });

  it("is not changed by a caller who has seen another version, or by a dry run", async () => {
    const id = await fixture.created({ start: false });
    const { version } = await fixture.vm(id);
    const stale = await fixture.mutate("startVm", { vmId: id, expectedVersion: version - 1 });
    expect(stale.userErrors).toMatchObject([{ code: "VERSION_CONFLICT", field: ["expectedVersion"] }]);
    expect(await fixture.mutate("startVm", { vmId: id, dryRun: true })).toMatchObject({
      operation: null,
      userErrors: [],
    });
    expect(await fixture.vm(id)).toMatchObject({ state: "STOPPED", version });
  });
});

it("of 64 callers who start a VM at once one starts the operation, and the others are refused with VM_BUSY and its id", async () => {
  const id = await fixture.created({ start: false });
  const answers = await Promise.allSettled(Array.from({ length: 64 }, () => fixture.mutate("startVm", { vmId: id })));
  const started = new Set(
    answers.flatMap((answer) => (answer.status === "fulfilled" ? (answer.value.operation?.id ?? []) : [])),
  );
  expect(started.size).toBe(1);
  const [operation] = started;
  for (const answer of answers)
    if (answer.status === "rejected") {
      expect(String(answer.reason)).toContain("VM_BUSY");
      expect(String(answer.reason)).toContain(operation);
    }
  expect((await fixture.ended(operation)).state).toBe("DONE");
});

it("case L7: a stop whose answer is lost, and one of a machine that is gone, end in STOPPED", async () => {
  const [lost, gone] = [await fixture.created(), await fixture.created()];
  await fixture.hypervisor.configure({ planned: [{ fault: "lost_answer", method: "stop", vmId: lost }] });
  const first = await fixture.mutate("stopVm", { vmId: lost });
  const { state, steps } = await fixture.ended(first.operation?.id);
  expect({ state, attempts: steps.find(({ name }) => name === "stop")?.attempts }).toEqual({
    state: "DONE",
    attempts: 2,
  });
  const nodeId = (await fixture.vm(gone)).node?.id ?? "";
  const fence = { operationId: crypto.randomUUID(), token: 1 };
  await fixture.hypervisor.client.destroy({ nodeId, vmId: gone, fence, step: "x", signal: AbortSignal.timeout(5_000) });
  const second = await fixture.mutate("stopVm", { vmId: gone });
  expect((await fixture.ended(second.operation?.id)).steps.find(({ name }) => name === "stop")?.attempts).toBe(1);
  for (const id of [lost, gone]) expect((await fixture.vm(id)).state).toBe("STOPPED");
});

it("a guest that does not stop in its time leaves the VM running", async () => {
  const id = await fixture.created();
  await fixture.hypervisor.configure({ guests: { [id]: { stopMs: 3_600_000 } } });
  const { operation } = await fixture.mutate("stopVm", { vmId: id, timeoutSeconds: 1 });
  const { state, error } = await fixture.ended(operation?.id);
  expect({ state, code: error?.code }).toEqual({ state: "COMPENSATED", code: "GUEST_DID_NOT_STOP" });
  expect((await fixture.vm(id)).state).toBe("RUNNING");
  expect(await stateIn(id)).toBe("running");
  await fixture.hypervisor.configure({});
});

it("a forced stop cannot be cancelled once the power is being cut, and ends in STOPPED", async () => {
  const id = await fixture.created();
  await fixture.hypervisor.configure({ latencies: { stop: [1_000, 1_000] } });
  const { operation } = await fixture.mutate("stopVm", { vmId: id, forced: true });
  const cancel = "mutation ($id: ID!) { payload: cancelOperation(input: { id: $id }) { userErrors { code } } }";
  const steps = "query ($id: ID!) { operation(id: $id) { steps { name state } } }";
  await until("the power is being cut", async () => {
    const { data } = await fixture.product.ask(steps, { id: operation?.id });
    return JSON.stringify(data).includes('"ATTEMPTED"');
  });
  const { data } = await fixture.product.ask(cancel, { id: operation?.id });
  expect(data).toEqual({ payload: { userErrors: [{ code: "NOT_CANCELLABLE" }] } });
  await fixture.hypervisor.configure({});
  expect((await fixture.ended(operation?.id)).state).toBe("DONE");
  expect({ state: (await fixture.vm(id)).state, machine: await stateIn(id) }).toEqual({
    state: "STOPPED",
    machine: "stopped",
  });
});

it("a VM that is deleted is off, and has no claim; its name is free for another one", async () => {
  const name = newName();
  const id = await fixture.created({ name });
  expect((await fixture.mutate("createVm", { name, resources: small })).userErrors).toMatchObject([
    { code: "NAME_TAKEN", field: ["name"] },
  ]);
  const { operation } = await fixture.mutate("deleteVm", { vmId: id });
  expect((await fixture.ended(operation?.id)).state).toBe("DONE");
  expect(await stateIn(id)).toBe("stopped");
  expect(await fixture.claims(id)).toEqual([]);
  await fixture.created({ name });
});

it("the same idempotency key stops a VM once, and returns the operation of the first request", async () => {
  const id = await fixture.created();
  const input = { vmId: id, idempotencyKey: `stop-${id}` };
  const first = await fixture.mutate("stopVm", input);
  await fixture.ended(first.operation?.id);
  expect((await fixture.mutate("stopVm", input)).operation).toEqual(first.operation);
  expect((await fixture.mutate("stopVm", { ...input, reason: "another" })).userErrors).toMatchObject([
    { code: "IDEMPOTENCY_CONFLICT" },
  ]);
});
