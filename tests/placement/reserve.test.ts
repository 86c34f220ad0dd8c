import { describe, expect, it } from "vitest";
import { newOperationId } from "#lib/operations/operation-id.ts";
import { newCall, nodeId, placementFixture, roomFor, small } from "./fixture.ts";

const world = placementFixture();

describe("a reservation", () => {
  it("is made on a node with room, with its amounts, and its decision is stored", async () => {
    await world.nodes({ id: "n1", allocatable: roomFor(2) });
    const call = newCall();
    const { data } = await world.reserve(call);
    expect(data).toMatchObject({ nodeId: nodeId("n1"), nodeName: "n1" });
    expect(await world.claims(call.vmId)).toEqual([{ node: "n1", status: "reserved", cpu: 1_000, memory: 1_024 }]);
    const [decision] = await world.owner`select * from scheduling_decisions where id = ${data?.decisionId ?? ""}`;
    expect(decision).toMatchObject({
      selected_node_id: nodeId("n1"),
      operation_id: call.operationId,
      step: "reserve",
      allocation_id: data?.allocationId,
      candidate_nodes: [{ nodeName: "n1", feasible: true }],
    });
    await world.audit();
  });

  it("is the same when the step is repeated", async () => {
    await world.nodes({ id: "n1" }, { id: "n2" });
    const call = newCall();
    const first = await world.reserve(call);
    expect(await world.reserve(call)).toEqual(first);
    expect(await world.reserve({ ...call, token: 2 }, { resources: { ...small, memoryMb: 9_999 } })).toEqual(first);
    expect(await world.claims(call.vmId)).toHaveLength(1);
    await world.audit();
  });

  it("case P8: a later step of the operation replaces it on a node that is not excluded, and both decisions are stored", async () => {
    await world.nodes({ id: "n1" }, { id: "n2" });
    const call = newCall();
    const first = await world.reserve(call);
    const excludedNodeIds = [first.data?.nodeId];
    const second = await world.reserve({ ...call, token: 2 }, { step: "reserve again", excludedNodeIds });
    expect([first.data?.nodeName, second.data?.nodeName].toSorted()).toEqual(["n1", "n2"]);
    expect((await world.claims(call.vmId)).map(({ node }) => node)).toEqual([second.data?.nodeName]);
    const third = await world.reserve(
      { ...call, token: 3 },
      { step: "and again", excludedNodeIds: ["n1", "n2"].map(nodeId) },
    );
    expect(third).toMatchObject({ code: "NO_CAPACITY", details: { rejected: { excluded: 2 } } });
    expect(await world.owner`select from scheduling_decisions where vm_id = ${call.vmId}`).toHaveLength(3);
    expect(await world.reserve({ ...call, token: 3 })).toMatchObject({ code: "RESERVATION_EXPIRED" });
    await world.audit();
  });

  it("is refused where no node suits, with the nodes by reason and what the nearest lacks, and the decision is stored", async () => {
    await world.nodes(
      { id: "n1", allocatable: roomFor(1), allocated: { ...roomFor(1), memoryMb: 512 } },
      { id: "n2", status: "maintenance" },
    );
    const call = newCall();
    const { code, message, details } = await world.reserve(call);
    expect(code).toBe("NO_CAPACITY");
    expect(message).toBe(
      "No node of 2 can take the VM (insufficient_cpuMillicores: 1, insufficient_memoryMb: 1, status_maintenance: 1). Nearest: n2 is in maintenance.",
    );
    expect(details).toMatchObject({ rejected: { status_maintenance: 1 }, nodes: 2 });
    const decisions = await world.owner`select selected_node_id from scheduling_decisions where vm_id = ${call.vmId}`;
    expect(decisions).toEqual([{ selected_node_id: null }]);
  });

  it("case P7: is made on no node before its first complete inventory", async () => {
    await world.nodes({ id: "new", inventoriedAt: null });
    expect(await world.reserve(newCall())).toMatchObject({
      code: "NO_CAPACITY",
      details: { rejected: { no_inventory: 1 } },
    });
    await world.owner`update nodes set inventoried_at = now()`;
    expect((await world.reserve(newCall())).data?.nodeName).toBe("new");
  });

  it("fits up to the allocatable amount times the ratio, and has a size that the node accepts", async () => {
    await world.nodes({
      id: "n1",
      allocatable: roomFor(1),
      allocationRules: { cpuMillicores: { ratio: 2, min: 500, step: 500 }, memoryMb: { max: 1_024, ratio: 2 } },
    });
    const of = (cpuMillicores: number, memoryMb = 512) =>
      world.reserve(newCall(), { resources: { cpuMillicores, memoryMb } });
    expect((await of(750)).details).toMatchObject({ rejected: { size_cpuMillicores: 1 } });
    expect((await of(100)).details).toMatchObject({ rejected: { size_cpuMillicores: 1 } });
    expect((await of(500, 1_025)).details).toMatchObject({ rejected: { size_memoryMb: 1 } });
    expect((await of(1_500)).data?.nodeName).toBe("n1");
    expect((await of(1_000)).details).toMatchObject({ rejected: { insufficient_cpuMillicores: 1 } });
    expect((await of(500)).data?.nodeName).toBe("n1");
    await world.audit();
  });

  it("names every problem of its input", async () => {
    const resources = { cpuMillicores: 0, memoryMb: -1 };
    const constraints = [{ type: "spread", scope: "shelf", tags: {}, maxSkew: 0 }, { type: "unknown" }];
    const { code, details } = await world.reserve(newCall(), { resources, constraints, tags: { a: 1 } });
    expect(code).toBe("BAD_USER_INPUT");
    expect(((details?.["problems"] ?? []) as string[]).map((each) => each.split(":")[0])).toEqual([
      "constraints.0.scope",
      "constraints.0.tags",
      "constraints.0.maxSkew",
      "constraints.1.type",
      "tags.a",
      "resources.cpuMillicores",
      "resources.memoryMb",
    ]);
    const tooMany = { ...small, gpuCount: 1, gpuMilli: 1_001 };
    expect(await world.reserve(newCall(), { resources: tooMany })).toMatchObject({ code: "BAD_USER_INPUT" });
  });
});

describe("the fence of an operation", () => {
  it("refuses a call with a lower token than the operation has used", async () => {
    await world.nodes({ id: "n1" });
    const call = newCall({ token: 5 });
    await world.reserve(call);
    const late = { ...call, token: 4 };
    for (const [name, more] of [
      ["reservePlacement", { step: "other", resources: small }],
      ["activateAllocation", { nodeId: nodeId("n1") }],
      ["releaseAllocation", {}],
      ["resizeAllocation", { resources: small }],
      ["settleAllocation", { resources: small }],
    ] as const)
      expect(await world.send(name, { ...late, ...more })).toMatchObject({ code: "FENCING_TOKEN_OUTDATED" });
    expect(await world.claims(call.vmId)).toMatchObject([{ status: "reserved" }]);
  });

  it("refuses a reservation that arrives after the operation has released, also when it had none", async () => {
    await world.nodes({ id: "n1" });
    const call = newCall();
    expect((await world.send("releaseAllocation", call)).data).toEqual({ released: 0 });
    expect(await world.reserve({ ...call, token: 9 })).toMatchObject({ code: "FENCING_TOKEN_OUTDATED" });
    expect(await world.claims(call.vmId)).toEqual([]);
  });

  it("is that of one tenant's VM: another tenant's operation reserves and releases nothing of it", async () => {
    await world.nodes({ id: "n1" });
    const call = newCall();
    await world.reserve(call);
    const other = { tenantId: "0197a000-0000-7000-8000-00000000bbbb" };
    const theirs = { ...call, operationId: newOperationId("vms") };
    expect((await world.send("releaseAllocation", theirs, other)).data).toEqual({ released: 0 });
    expect(await world.claims(call.vmId)).toHaveLength(1);
  });
});

describe("64 callers on one last slot", () => {
  it("are resolved in under a second, and exactly one gets it", async () => {
    await world.nodes(
      { id: "full", allocatable: roomFor(3), allocated: roomFor(3) },
      { id: "last", allocatable: roomFor(1) },
    );
    await world.owner`update nodes set allocated = allocated || '{"cpuMillicores": 0, "memoryMb": 0}' where name = 'last'`;
    const calls = Array.from({ length: 64 }, () => newCall());
    const began = performance.now();
    const answers = await Promise.all(calls.map((call) => world.reserve(call)));
    expect(performance.now() - began).toBeLessThan(1_000);
    expect(answers.filter(({ data }) => data)).toHaveLength(1);
    expect(new Set(answers.flatMap(({ code }) => code ?? []))).toEqual(new Set(["NO_CAPACITY"]));
    const open = await world.owner`select from resource_allocations where status <> 'deallocated'`;
    expect(open).toHaveLength(1);
  });
});

it("many callers at once fill the nodes exactly, and no claim is on none of them", async () => {
  await world.nodes(...["a", "b", "c", "d"].map((id) => ({ id, allocatable: roomFor(10) })));
  const answers = await Promise.all(Array.from({ length: 50 }, () => world.reserve(newCall())));
  expect(answers.filter(({ data }) => data)).toHaveLength(40);
  await world.audit();
});
