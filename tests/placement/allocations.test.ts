import { describe, expect, it } from "vitest";
import { platformTenantId } from "#lib/trust/platform-tenant.ts";
import { expireReservations } from "#subgraphs/scheduler/allocations/expire-reservations.ts";
import { type Call, newCall, nodeId, placementFixture, roomFor, small } from "./fixture.ts";

const world = placementFixture();
const scope = { tenantId: platformTenantId, actor: "job:test" };
const GiB = 1_024;

/** Returns the call of the next operation on a VM. */
const next = ({ vmId }: Call): Call => newCall({ vmId });

/** Reserves and activates an allocation, as the creation of a VM does. */
async function create(more: object = {}): Promise<Call & { nodeId: string }> {
  const call = newCall();
  const { data } = await world.reserve(call, more);
  const on = data?.nodeId ?? "";
  await world.send("activateAllocation", { ...call, token: 2, nodeId: on });
  return { ...call, nodeId: on };
}

describe("an allocation", () => {
  it("is active after it is activated, and stays so when that is repeated", async () => {
    await world.nodes({ id: "n1" });
    const call = newCall();
    const { data } = await world.reserve(call);
    const activate = { ...call, token: 2, nodeId: nodeId("n1") };
    const first = await world.send("activateAllocation", activate);
    expect(first.data).toEqual({ allocationId: data?.allocationId });
    expect(await world.send("activateAllocation", activate)).toEqual(first);
    expect(await world.claims(call.vmId)).toMatchObject([{ status: "active" }]);
    const [row] = await world.owner`select expires_at from resource_allocations where vm_id = ${call.vmId}`;
    expect(row?.["expires_at"]).toBeNull();
  });

  it("gives its amounts back when it is released, once", async () => {
    await world.nodes({ id: "n1" });
    const call = await create();
    const release = next(call);
    expect((await world.send("releaseAllocation", release)).data).toEqual({ released: 1 });
    expect((await world.send("releaseAllocation", release)).data).toEqual({ released: 0 });
    expect(await world.claims(call.vmId)).toEqual([]);
    await world.audit();
  });

  it("of another operation is not released by the undo of a reservation that kept it", async () => {
    await world.nodes({ id: "n1" });
    const call = await create();
    const start = next(call);
    expect((await world.reserve(start)).data?.nodeName).toBe("n1");
    expect((await world.send("releaseAllocation", { ...start, token: 2, ownOnly: true })).data).toEqual({
      released: 0,
    });
    expect(await world.claims(call.vmId)).toMatchObject([{ status: "active" }]);
  });

  it("cannot be a second one of its VM: the database refuses it, outside a migration", async () => {
    await world.nodes({ id: "n1" }, { id: "n2" });
    const { vmId, nodeId: on } = await create();
    const second = (status: string) => world.owner`
      insert into resource_allocations (tenant_id, vm_id, node_id, allocation_type, cpu_millicores, memory_mb, storage_gb, status)
      select tenant_id, vm_id, nodes.id, allocation_type, 0, 0, 0, ${status}::allocation_status_enum
      from resource_allocations, nodes where vm_id = ${vmId} and nodes.id <> ${on}`;
    await expect(second("active")).rejects.toMatchObject({ constraint_name: "resource_allocations_vm_unique" });
    await second("migrating");
  });
});

describe("a reservation that is not used", () => {
  it("is released when it has expired, and the operation that comes too late is refused", async () => {
    await world.nodes({ id: "n1", allocatable: roomFor(1) });
    const [used, unused] = [newCall(), newCall()];
    await world.reserve(unused);
    expect(await expireReservations(world.system, scope, AbortSignal.timeout(9_000))).toBe(0);
    await world.owner`update resource_allocations set expires_at = now() - interval '1 s'`;
    expect(await world.reserve(used)).toMatchObject({ code: "NO_CAPACITY" });
    const all = await Promise.all(
      [1, 2, 3, 4].map(() => expireReservations(world.system, scope, AbortSignal.timeout(9_000))),
    );
    expect(all.toSorted()).toEqual([0, 0, 0, 1]);
    await world.audit();
    expect((await world.reserve(used)).data?.nodeName).toBe("n1");
    const late = { ...unused, token: 2 };
    expect(await world.reserve(late)).toMatchObject({ code: "RESERVATION_EXPIRED" });
    expect(await world.send("activateAllocation", { ...late, nodeId: nodeId("n1") })).toMatchObject({
      code: "RESERVATION_EXPIRED",
    });
  });

  it("of a VM that was to move leaves it the allocation that it had", async () => {
    await world.nodes({ id: "n1" }, { id: "n2" });
    const call = await create();
    await world.reserve(next(call), { excludedNodeIds: [call.nodeId] });
    expect((await world.claims(call.vmId)).map(({ status }) => status).toSorted()).toEqual(["migrating", "reserved"]);
    await world.owner`update resource_allocations set expires_at = now() - interval '1 s' where status = 'reserved'`;
    expect(await expireReservations(world.system, scope, AbortSignal.timeout(9_000))).toBe(1);
    expect(await world.claims(call.vmId)).toMatchObject([{ status: "active" }]);
    await world.audit();
  });

  it("leaves a fence for a week, in which calls of its operation can still arrive", async () => {
    const call = newCall();
    await world.send("releaseAllocation", call);
    const fences = () => world.owner`select from allocation_fences where operation_id = ${call.operationId}`;
    await expireReservations(world.system, scope, AbortSignal.timeout(9_000));
    expect(await fences()).toHaveLength(1);
    await world.owner`update allocation_fences set called_at = now() - interval '8 days'`;
    await expireReservations(world.system, scope, AbortSignal.timeout(9_000));
    expect(await fences()).toEqual([]);
  });
});

describe("a VM that moves", () => {
  it("has both allocations until it is there: the new one is active, and the old one counts until it is released", async () => {
    await world.nodes({ id: "n1" }, { id: "n2" });
    const call = await create();
    const move = next(call);
    const there = (await world.reserve(move, { excludedNodeIds: [call.nodeId] })).data?.nodeId;
    await world.send("activateAllocation", { ...move, token: 2, nodeId: there });
    expect((await world.claims(call.vmId)).map(({ status }) => status)).toEqual(["releasing", "active"]);
    await world.audit();
    expect((await world.send("releaseAllocation", { ...move, token: 3, nodeId: call.nodeId })).data).toEqual({
      released: 1,
    });
    expect(await world.claims(call.vmId)).toMatchObject([{ status: "active" }]);
    await world.audit();
  });

  it.each(["before", "after"])(
    "keeps the allocation that it had when the move is undone %s it is there",
    async (when) => {
      await world.nodes({ id: "n1" }, { id: "n2" });
      const call = await create();
      const move = next(call);
      const there = (await world.reserve(move, { excludedNodeIds: [call.nodeId] })).data?.nodeId;
      if (when === "after") await world.send("activateAllocation", { ...move, token: 2, nodeId: there });
      await world.send("releaseAllocation", { ...move, token: 3, ownOnly: true });
      const [own] = await world.owner`select name from nodes where id = ${call.nodeId}`;
      expect(await world.claims(call.vmId)).toMatchObject([{ status: "active", node: own?.["name"] }]);
      await world.audit();
    },
  );
});

describe("case P9: a resize", () => {
  const of = (memoryMb: number) => ({ resources: { cpuMillicores: 1_000, memoryMb } });
  const tenGiB = { ...roomFor(10), memoryMb: 10 * GiB };

  it("to 9 GiB fits on a node with 1 GiB free: the VM claims the larger of both until it is settled", async () => {
    await world.nodes({ id: "n1", allocatable: tenGiB });
    const call = await create(of(8 * GiB));
    await create(of(GiB));
    const resize = next(call);
    expect((await world.send("resizeAllocation", { ...resize, ...of(9 * GiB) })).data).toHaveProperty("allocationId");
    expect(await world.claims(call.vmId)).toMatchObject([{ memory: 9 * GiB, status: "active" }]);
    await world.send("resizeAllocation", { ...resize, ...of(9 * GiB) });
    await world.audit();
    await world.send("settleAllocation", { ...resize, token: 2, ...of(9 * GiB) });
    expect(await world.claims(call.vmId)).toMatchObject([{ memory: 9 * GiB }]);
    await world.audit();
  });

  it("that is reverted restores the old claim exactly", async () => {
    await world.nodes({ id: "n1", allocatable: tenGiB });
    const call = await create(of(8 * GiB));
    const resize = next(call);
    await world.send("resizeAllocation", { ...resize, resources: { cpuMillicores: 2_000, memoryMb: GiB } });
    expect(await world.claims(call.vmId)).toMatchObject([{ memory: 8 * GiB, cpu: 2_000 }]);
    await world.send("settleAllocation", { ...resize, token: 2, ...of(8 * GiB) });
    expect(await world.claims(call.vmId)).toEqual([{ node: "n1", status: "active", memory: 8 * GiB, cpu: 1_000 }]);
    await world.audit();
  });

  it("beyond the room of the node is refused with what is missing, and changes nothing", async () => {
    await world.nodes({ id: "n1", allocatable: tenGiB });
    const call = await create(of(8 * GiB));
    const { code, details } = await world.send("resizeAllocation", { ...next(call), ...of(11 * GiB) });
    expect(code).toBe("NO_CAPACITY");
    expect(details).toMatchObject({ nearestMiss: ["n1 is short of 1 GiB of memory"] });
    expect(await world.claims(call.vmId)).toMatchObject([{ memory: 8 * GiB }]);
    await world.audit();
  });

  it("cannot be settled at more than is claimed, and a VM without an allocation has none to resize", async () => {
    await world.nodes({ id: "n1", allocatable: tenGiB });
    const call = await create(of(GiB));
    expect(await world.send("settleAllocation", { ...next(call), ...of(2 * GiB) })).toMatchObject({
      code: "BAD_USER_INPUT",
    });
    expect(await world.send("resizeAllocation", { ...newCall(), resources: small })).toMatchObject({
      code: "NOT_FOUND",
    });
  });

  it("at 8 callers at once on one node with room for 3 succeeds 3 times", async () => {
    await world.nodes({ id: "n1", allocatable: { ...roomFor(20), memoryMb: 11 * GiB } });
    const calls = await Promise.all(Array.from({ length: 8 }, () => create(of(GiB))));
    const answers = await Promise.all(
      calls.map((call) => world.send("resizeAllocation", { ...next(call), ...of(2 * GiB) })),
    );
    expect(answers.filter(({ data }) => data)).toHaveLength(3);
    await world.audit();
  });
});

describe("two claims on different nodes", () => {
  it("do not wait for each other", async () => {
    await world.nodes({ id: "n1" }, { id: "n2" });
    await world.owner.begin(async (sql) => {
      await sql`select from nodes where name = 'n1' for update`;
      const call = newCall();
      expect((await world.reserve(call, { excludedNodeIds: [nodeId("n1")] })).data?.nodeName).toBe("n2");
    });
  });
});
