import { afterEach, describe, expect, it } from "vitest";
import { until } from "#tests/events/until.ts";
import { deletedVm, limitVms, remains, setStatus } from "./deleted-vms.ts";
import { lifecycleFixture, newName, type Payload } from "./fixture.ts";

const fixture = lifecycleFixture();
const undelete = (vmId: string, more: object = {}) => fixture.mutate("undeleteVm", { vmId, ...more });
const nodeOf = async (vmId: string) => (await fixture.vm(vmId)).node?.id ?? "";

afterEach(async () => {
  await fixture.hypervisor.configure({});
  await setStatus(
    fixture,
    fixture.nodes.map(({ id }) => id),
    "ready",
  );
  await limitVms(fixture, null);
});

it("a deleted VM comes back stopped, on its node, with a claim, and starts again", async () => {
  const id = await deletedVm(fixture);
  const nodeId = await nodeOf(id);
  const { vm, operation, userErrors } = await undelete(id, { reason: "deleted by mistake" });
  expect({ vm, userErrors }).toEqual({ vm: { id, state: "DELETED" }, userErrors: [] });
  const { state, error, steps } = await fixture.ended(operation?.id);
  expect({ state, error }).toEqual({ state: "DONE", error: null });
  expect(steps.map(({ name }) => name)).toEqual([
    "take_vm_slot",
    "find_machine",
    "claim",
    "relocate",
    "activate_claim",
    "record_state",
    "release_vm_slot",
  ]);
  expect(await remains(fixture, id)).toEqual({
    state: "STOPPED",
    claims: [{ node_id: nodeId, status: "active" }],
    machines: [{ nodeId, state: "stopped" }],
  });
  expect((await fixture.vm(id)).transitions.nodes[0]).toEqual({
    fromState: "DELETED",
    toState: "STOPPED",
    operation: { id: operation?.id },
  });
  const started = await fixture.mutate("startVm", { vmId: id });
  expect((await fixture.ended(started.operation?.id)).state).toBe("DONE");
});

it("a VM whose node does not take it any more comes back on another one, also when the answer to the move is lost", async () => {
  const id = await deletedVm(fixture);
  const from = await nodeOf(id);
  await setStatus(fixture, [from], "maintenance");
  await fixture.hypervisor.configure({ planned: [{ fault: "lost_answer", method: "migrate", vmId: id }] });
  const { state, steps } = await fixture.ended((await undelete(id)).operation?.id);
  expect({ state, attempts: steps.find(({ name }) => name === "relocate")?.attempts }).toEqual({
    state: "DONE",
    attempts: 2,
  });
  const nodeId = await nodeOf(id);
  expect(nodeId).not.toBe(from);
  expect(await remains(fixture, id)).toEqual({
    state: "STOPPED",
    claims: [{ node_id: nodeId, status: "active" }],
    machines: [{ nodeId, state: "stopped" }],
  });
});

describe("an undelete that does not succeed leaves the VM deleted, with its machine where it was and without a claim", () => {
  const unchanged = async (vmId: string, nodeId: string) =>
    expect(await remains(fixture, vmId)).toEqual({
      state: "DELETED",
      claims: [],
      machines: [{ nodeId, state: "stopped" }],
    });

  it("when no node has room for it", async () => {
    const id = await deletedVm(fixture);
    const nodeId = await nodeOf(id);
    await setStatus(
      fixture,
      fixture.nodes.map((node) => node.id),
      "maintenance",
    );
    const { state, error } = await fixture.ended((await undelete(id)).operation?.id);
    expect({ state, code: error?.code }).toEqual({ state: "COMPENSATED", code: "NO_CAPACITY" });
    await unchanged(id, nodeId);
  });

  it("when it is cancelled while its machine moves", async () => {
    const id = await deletedVm(fixture);
    const nodeId = await nodeOf(id);
    await setStatus(fixture, [nodeId], "maintenance");
    await fixture.hypervisor.configure({ latencies: { migrate: [60_000, 60_000] } });
    const { operation } = await undelete(id);
    await until("the claim is reserved", async () => (await fixture.claims(id)).length > 0);
    await fixture.product.ask("mutation ($id: ID!) { cancelOperation(input: { id: $id }) { operation { id } } }", {
      id: operation?.id,
    });
    await fixture.hypervisor.configure({});
    expect((await fixture.ended(operation?.id)).state).toBe("COMPENSATED");
    await unchanged(id, nodeId);
  });

  it("when its name was given away meanwhile", async () => {
    const name = newName();
    const id = await deletedVm(fixture, { name });
    const nodeId = await nodeOf(id);
    await setStatus(fixture, [nodeId], "maintenance");
    await fixture.hypervisor.configure({ latencies: { migrate: [2_000, 2_000] } });
    const { operation } = await undelete(id);
    await fixture.created({ name, start: false });
    const { state, error } = await fixture.ended(operation?.id);
    expect({ state, code: error?.code }).toEqual({ state: "COMPENSATED", code: "NAME_TAKEN" });
    await fixture.hypervisor.configure({});
    await unchanged(id, nodeId);
    expect((await undelete(id)).userErrors).toMatchObject([{ code: "NAME_TAKEN", field: ["vmId"] }]);
  });
});

it("a VM whose machine is gone from its node stays deleted", async () => {
  const id = await deletedVm(fixture);
  const fence = { operationId: crypto.randomUUID(), token: 1 };
  const call = { vmId: id, nodeId: await nodeOf(id), fence, step: "x", signal: AbortSignal.timeout(5_000) };
  await fixture.hypervisor.client.destroy(call);
  const { state, error } = await fixture.ended((await undelete(id)).operation?.id);
  expect({ state, code: error?.code }).toEqual({ state: "COMPENSATED", code: "MACHINE_NOT_FOUND" });
  expect(await remains(fixture, id)).toEqual({ state: "DELETED", claims: [], machines: [] });
});

it("only a deleted VM is offered to be undeleted, and one that is stopped is so already", async () => {
  const id = await fixture.created();
  const offered = async () => (await fixture.vm(id)).availableActions.find(({ action }) => action === "UNDELETE");
  const reason = "The VM is running: only one that is deleted can do this.";
  expect(await offered()).toMatchObject({ allowed: false, reason });
  expect((await undelete(id)).userErrors).toMatchObject([{ code: "ACTION_NOT_POSSIBLE", message: reason }]);
  const { operation } = await fixture.mutate("deleteVm", { vmId: id });
  await fixture.ended(operation?.id);
  expect(await offered()).toMatchObject({ allowed: true, reason: null });
  await fixture.ended((await undelete(id)).operation?.id);
  expect(await undelete(id)).toEqual({ vm: { id, state: "STOPPED" }, operation: null, userErrors: [] });
});

it("a dry run finds a name that is taken and a quota that is used up, and changes nothing", async () => {
  const name = newName();
  const id = await deletedVm(fixture, { name });
  const { version } = await fixture.vm(id);
  const dry = () => undelete(id, { dryRun: true });
  expect(await dry()).toEqual({ vm: { id, state: "DELETED" }, operation: null, userErrors: [] });
  await limitVms(fixture, 0);
  const [exceeded] = (await dry()).userErrors;
  expect(exceeded).toMatchObject({ code: "QUOTA_EXCEEDED", field: ["vmId"] });
  expect(exceeded?.message).toMatch(/^The tenant may have \d+ VMs, and would have \d+\./);
  await limitVms(fixture, null);
  await fixture.created({ name, start: false });
  expect((await dry()).userErrors).toMatchObject([{ code: "NAME_TAKEN", field: ["vmId"] }]);
  expect(await fixture.vm(id)).toMatchObject({ state: "DELETED", version });
});

it("the same idempotency key undeletes a VM once, and returns the operation of the first request", async () => {
  const id = await deletedVm(fixture);
  const idempotencyKey = `undelete-${id}`;
  const first = await undelete(id, { idempotencyKey });
  await fixture.ended(first.operation?.id);
  expect((await undelete(id, { idempotencyKey })).operation).toEqual(first.operation);
});

it("of 16 callers who undelete a VM at once one starts the operation, and the others are refused with VM_BUSY", async () => {
  const id = await deletedVm(fixture);
  const answers = await Promise.allSettled(Array.from({ length: 16 }, () => undelete(id)));
  const operations = new Set<string>();
  for (const answer of answers)
    if (answer.status === "rejected") expect(String(answer.reason)).toContain("VM_BUSY");
    else if (answer.value.operation) operations.add(answer.value.operation.id);
  expect(operations.size).toBe(1);
  for (const operation of operations) expect((await fixture.ended(operation)).state).toBe("DONE");
});

/** Undeletes all at once. Returns how many came back, and the codes of the others, which have no claims. */
async function atOnce(ids: readonly string[]) {
  const answers: Payload[] = await Promise.all(ids.map((id) => undelete(id)));
  const codes = await Promise.all(
    answers.map(async ({ operation, userErrors }) =>
      operation ? (await fixture.ended(operation.id)).error?.code : userErrors[0]?.code,
    ),
  );
  for (const [at, id] of ids.entries()) {
    const { state, claims } = await remains(fixture, id);
    expect({ state, claims: claims.length }).toEqual(
      codes[at] === undefined ? { state: "STOPPED", claims: 1 } : { state: "DELETED", claims: 0 },
    );
  }
  return { back: codes.filter((code) => code === undefined).length, codes: new Set(codes.filter(Boolean)) };
}

it("of 16 VMs that are undeleted at once as many come back as the quota allows, and the others stay deleted", async () => {
  const ids = await Promise.all(Array.from({ length: 16 }, () => deletedVm(fixture)));
  await limitVms(fixture, 3);
  expect(await atOnce(ids)).toEqual({ back: 3, codes: new Set(["QUOTA_EXCEEDED"]) });
});

it("of 16 deleted VMs of one name that are undeleted at once one comes back, and the others stay deleted", async () => {
  const name = newName();
  const ids: string[] = [];
  for (let at = 0; at < 16; at += 1) ids.push(await deletedVm(fixture, { name }));
  expect(await atOnce(ids)).toEqual({ back: 1, codes: new Set(["NAME_TAKEN"]) });
});
