import { describe, expect, it } from "vitest";
import {
  applyOperationEvents,
  type OperationEvent,
  operationProjectionScope,
  removeOtherOperations,
} from "#db/projections/projected-operations.ts";
import { releaseSlot } from "#db/vms/slot-writes.ts";
import { newOperationId } from "#lib/operations/operation-id.ts";
import { takeSlot } from "#subgraphs/vms/slots/take-slot.ts";
import { wholeTenantIdentity } from "#tests/harness/whole-tenant-identity.ts";
import { statementsDuring } from "#tests/harness/statements.ts";
import { type Claim, claimOf, newVm, ours, slotFixture, theirs } from "./slot-fixture.ts";

const fixture = slotFixture();
const outdated = { code: "FENCING_TOKEN_OUTDATED" };
const busy = ({ operationId, operationKind }: Claim) => ({ code: "VM_BUSY", operation: operationId, operationKind });

describe("the slot of a VM", () => {
  it("is taken by exactly one of 64 operations at once, and the others are refused with its id and kind", async () => {
    const vm = newVm();
    const claims = Array.from({ length: 64 }, () => claimOf(vm));
    const answers = await Promise.all(claims.map((claim) => fixture.take(claim)));
    const winners = claims.filter((_, at) => answers[at] === "done");
    expect(winners).toHaveLength(1);
    const [winner] = winners as [Claim];
    expect(answers.filter((answer) => answer !== "done")).toEqual(Array.from({ length: 63 }, () => busy(winner)));
    expect(await fixture.slots(vm)).toMatchObject([{ operationId: winner.operationId }]);
  });

  it("is taken again by the operation that has it, whose response was lost, also 16 times at once", async () => {
    const vm = newVm();
    const claim = claimOf(vm);
    const takes = await Promise.all(Array.from({ length: 16 }, () => fixture.take(claim)));
    expect(new Set(takes)).toEqual(new Set(["done"]));
    expect(await fixture.take({ ...claim, token: 3 })).toBe("done");
    expect(await fixture.release({ ...claim, token: 4 })).toBe("done");
    expect(await fixture.slots(vm)).toEqual([null]);
  });

  it("is free after its release, which may be repeated, and also when it was never taken", async () => {
    const vm = newVm();
    const [first, second, third] = [claimOf(vm), claimOf(vm), claimOf(vm)];
    expect(await fixture.take(first)).toBe("done");
    expect(await fixture.release({ ...second, token: 2 })).toBe("done");
    expect(await fixture.take(third)).toMatchObject(busy(first));
    expect(await fixture.release({ ...first, token: 2 })).toBe("done");
    expect(await fixture.release({ ...first, token: 2 })).toBe("done");
    expect(await fixture.take(third)).toBe("done");
    expect(await fixture.release({ ...first, token: 3 })).toBe("done");
    expect(await fixture.take(claimOf(vm))).toMatchObject(busy(third));
  });

  it("is refused to an operation that has ended, and is left to one that is parked until it is abandoned", async () => {
    const vm = newVm();
    const late = claimOf(vm);
    await fixture.recordEnd(late, "abandoned");
    expect(await fixture.take(late)).toMatchObject(outdated);
    expect(await fixture.slots(vm)).toEqual([null]);
    const parked = claimOf(vm);
    expect(await fixture.take(parked)).toBe("done");
    await fixture.recordEnd(parked, "parked");
    expect(await fixture.take({ ...parked, token: 2 })).toBe("done");
    await fixture.recordEnd(parked, "abandoned");
    expect(await fixture.slots(vm)).toEqual([null]);
    expect(await fixture.take({ ...parked, token: 3 })).toMatchObject(outdated);
  });

  it("is held by no operation whose end is recorded at the time at which it takes it", async () => {
    const vms = Array.from({ length: 8 }, newVm);
    for (const _round of Array.from({ length: 8 })) {
      const claims = vms.map((vm) => claimOf(vm));
      await Promise.all(claims.flatMap((claim) => [fixture.take(claim), fixture.recordEnd(claim, "abandoned")]));
      expect(await fixture.slots(...vms)).toEqual(vms.map(() => null));
    }
  });

  it("is neither taken nor released with a lower token than its operation has used", async () => {
    const vm = newVm();
    const claim = claimOf(vm, 5);
    expect(await fixture.take(claim)).toBe("done");
    expect(await fixture.take({ ...claim, token: 4 })).toMatchObject(outdated);
    expect(await fixture.release({ ...claim, token: 4 })).toMatchObject(outdated);
    expect(await fixture.slots(vm)).toMatchObject([{ operationId: claim.operationId }]);
    expect(await fixture.release({ ...claim, token: 5 })).toBe("done");
    expect(await fixture.release({ ...claim, token: 4 })).toMatchObject(outdated);
  });

  it.each([
    ["was taken before", true],
    ["was never taken", false],
  ])("that %s is not taken by a call that arrives after its release", async (_when, isTaken) => {
    const vm = newVm();
    const claim = claimOf(vm);
    if (isTaken) expect(await fixture.take(claim)).toBe("done");
    expect(await fixture.release({ ...claim, token: 2 })).toBe("done");
    for (const token of [1, 2, 3]) expect(await fixture.take({ ...claim, token })).toMatchObject(outdated);
    expect(await fixture.slots(vm)).toEqual([null]);
  });

  it("leaves no row behind but that of its last release", async () => {
    const vm = newVm();
    for (let times = 0; times < 3; times += 1) {
      const claim = claimOf(vm);
      expect(await fixture.take(claim)).toBe("done");
      expect(await fixture.release({ ...claim, token: 2 })).toBe("done");
      await fixture.owner`update vm_slots set released_at = released_at - interval '2 minutes'`;
    }
    expect(await fixture.owner`select from vm_slots where vm_id = ${ours.id("vm", vm)}`).toHaveLength(1);
  });

  it("of a VM that does not exist, was deleted, or belongs to another tenant is not there", async () => {
    const [vm, deleted] = [newVm(), newVm()];
    await fixture.owner`update vms set state = 'deleted', deleted_at = now() where id = ${ours.id("vm", deleted)}`;
    const missing = [
      claimOf(deleted),
      { ...claimOf(vm), vmId: theirs.id("vm", vm) },
      { ...claimOf(vm), vmId: newOperationId("vms") },
    ];
    for (const claim of missing) {
      expect(await fixture.take(claim)).toMatchObject({ code: "NOT_FOUND" });
      expect(await fixture.release({ ...claim, token: 2 })).toBe("done");
    }
    expect(await fixture.take({ ...claimOf(vm), vmId: theirs.id("vm", vm) }, { tenantId: theirs.tenantId })).toBe(
      "done",
    );
    expect(
      await fixture.owner`select from vm_slots where released_at is null and tenant_id = ${theirs.tenantId}`,
    ).toHaveLength(1);
  });

  it("is kept by an operation that deletes its VM, until it is released", async () => {
    const vm = newVm();
    const claim = claimOf(vm);
    expect(await fixture.take(claim)).toBe("done");
    await fixture.owner`update vms set state = 'deleted', deleted_at = now() where id = ${claim.vmId}`;
    expect(await fixture.take({ ...claim, token: 2 })).toBe("done");
    expect(await fixture.release({ ...claim, token: 3 })).toBe("done");
    expect(await fixture.slots(vm)).toEqual([null]);
  });

  it("is released for all operations that have ended, of any tenant, and for no other", async () => {
    const [vm, vm2, vm3] = [newVm(), newVm(), newVm()];
    const [first, second, third] = [claimOf(vm), claimOf(vm2), claimOf(vm3)];
    const foreign = { ...claimOf(vm), vmId: theirs.id("vm", vm) };
    for (const claim of [first, second, third]) expect(await fixture.take(claim)).toBe("done");
    expect(await fixture.take(foreign, { tenantId: theirs.tenantId })).toBe("done");
    expect(await fixture.end(first.operationId, foreign.operationId, newOperationId("vms"))).toBe(2);
    expect(await fixture.end(first.operationId, foreign.operationId)).toBe(0);
    expect((await fixture.slots(vm, vm2, vm3)).map((slot) => slot?.operationId)).toEqual([
      undefined,
      second.operationId,
      third.operationId,
    ]);
    expect(await fixture.take(first)).toMatchObject(outdated);
  });

  it("is taken in the transaction that starts an operation, and not when that is rolled back", async () => {
    const vm = newVm();
    const claim = claimOf(vm, 0);
    const scope = { tenantId: ours.tenantId };
    const failing = fixture.database.write(scope, async (tx) => {
      await takeSlot(tx, claim);
      throw new Error("The start fails.");
    });
    await expect(failing).rejects.toThrow("The start fails.");
    expect(await fixture.slots(vm)).toEqual([null]);
    await fixture.database.write(scope, (tx) => takeSlot(tx, claim));
    const other = fixture.database.write(scope, (tx) => takeSlot(tx, claimOf(vm, 0)));
    await expect(other).rejects.toMatchObject({ code: "VM_BUSY", details: { operation: claim.operationId } });
    expect(await fixture.take({ ...claim, token: 7 })).toBe("done");
    expect(await fixture.database.write(scope, (tx) => releaseSlot(tx, { ...claim, token: 6 }))).toBe(false);
    expect(await fixture.database.write(scope, (tx) => releaseSlot(tx, { ...claim, token: 8 }))).toBe(true);
  });

  it("of many VMs is read by one statement", async () => {
    const [first, second, third, fourth, fifth] = [newVm(), newVm(), newVm(), newVm(), newVm()] as const;
    const claims = [claimOf(second), claimOf(fifth)];
    for (const claim of claims) await fixture.take(claim);
    let found: Awaited<ReturnType<typeof fixture.slots>> = [];
    const statements = await statementsDuring(fixture.urls, async () => {
      found = await fixture.slots(first, second, third, fourth, fifth);
    });
    expect(found.map((slot) => slot?.operationId ?? null)).toEqual([
      null,
      claims[0]?.operationId,
      null,
      null,
      claims[1]?.operationId,
    ]);
    expect(found[1]).toMatchObject({ operationKind: "move_vm", takenAt: expect.any(Date) as Date });
    expect(statements.filter(({ query }) => query.includes("vm_slots")).map(({ calls }) => calls)).toEqual([1]);
  });
});

describe("the projection of operations", () => {
  const applied = ({ operationId, operationKind }: Claim, change: string, entityVersion: number, state: string) => {
    const at = new Date().toISOString();
    const endedAt = state === "running" ? null : at;
    const payload = { kind: operationKind, subject: null, state, actor: null, createdAt: at, endedAt };
    const { tenantId } = ours;
    const type = `scheduler_operation.${change}`;
    return { type, entityKey: operationId, entityVersion, tenantId, payload } as OperationEvent;
  };
  const project = (...all: OperationEvent[]) =>
    fixture.system.write(operationProjectionScope, (tx) => applyOperationEvents(tx, all));

  it("releases the slots of an operation whose end and removal come together", async () => {
    const vm = newVm();
    const claim = claimOf(vm);
    expect(await fixture.take(claim)).toBe("done");
    await project(applied(claim, "created", 1, "running"), applied(claim, "updated", 5, "parked"));
    expect(await fixture.slots(vm)).toMatchObject([{ operationId: claim.operationId }]);
    await project(applied(claim, "updated", 6, "abandoned"), applied(claim, "deleted", 6, "abandoned"));
    expect(await fixture.slots(vm)).toEqual([null]);
    expect(await fixture.take(claimOf(vm))).toBe("done");
  });

  it.each(["running", "parked"])(
    "releases at a rebuild the slots of an operation that was %s and exists no more",
    async (state) => {
      const vm = newVm();
      const claim = claimOf(vm);
      expect(await fixture.take(claim)).toBe("done");
      await project(applied(claim, "created", 1, state));
      const before = Date.now() / 1_000 + 60;
      await removeOtherOperations(fixture.system, { domain: "scheduler", before, known: new Set() });
      expect(await fixture.slots(vm)).toEqual([null]);
      expect(await fixture.take(claimOf(vm))).toBe("done");
    },
  );
});

describe("attack 30: the slot of a VM", () => {
  it.each([
    ["a user with all rights", wholeTenantIdentity(ours.tenantId, ours.id("user"))],
    ["the gateway", { id: "gateway" }],
    ["the vms domain by a call", { id: "vms" }],
    ["a service with all permissions of users", { id: "another", permissions: ["*"] }],
  ])("is neither taken nor released by %s", async (_who, identity) => {
    const vm = newVm();
    const claim = claimOf(vm);
    expect(await fixture.take(claim, identity)).toMatchObject({ code: "FORBIDDEN" });
    expect(await fixture.take(claim)).toBe("done");
    expect(await fixture.release({ ...claim, token: 2 }, identity)).toMatchObject({ code: "FORBIDDEN" });
    expect(await fixture.slots(vm)).toMatchObject([{ operationId: claim.operationId }]);
  });
});
