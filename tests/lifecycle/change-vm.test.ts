import { expect, it } from "vitest";
import { newId } from "#lib/uuid.ts";
import { removeOldKeys } from "#subgraphs/vms/requests/remove-old-keys.ts";
import { errorsOf } from "#subgraphs/use-case.ts";
import { protectVm, unprotectVm } from "#subgraphs/vms/vms/protect-vm.ts";
import { setVmTags, updateVm } from "#subgraphs/vms/vms/update-vm.ts";
import { insertSlot } from "./slot-row.ts";
import { vmsDatabase } from "./vms-database.ts";

const fixture = vmsDatabase();
const never = new AbortController().signal;
const codes = (outcome: Parameters<typeof errorsOf>[0]) => errorsOf(outcome).map(({ code }) => code);
const row = async (vmId: string) =>
  (await fixture.sql`select display_name, tags, version, is_protected from vms where id = ${vmId}`)[0];

it("a change that is sent again with its key has its effect once, whatever has changed meanwhile", async () => {
  const { services, request } = fixture;
  const input = { vmId: await fixture.vm(), displayName: "first", expectedVersion: 1, idempotencyKey: newId() };
  expect(await updateVm(services, request(), input)).toMatchObject({ kind: "done" });
  await updateVm(services, request(), { vmId: input.vmId, displayName: "second" });
  expect(await updateVm(services, request(), input)).toMatchObject({
    value: { vm: { displayName: "second", version: 3 } },
  });
  expect(await row(input.vmId)).toMatchObject({ display_name: "second", version: 3 });
});

it("a key that was used is refused for another input and for another mutation, and free for another user", async () => {
  const { services, request } = fixture;
  const input = { vmId: await fixture.vm(), displayName: "first", idempotencyKey: newId() };
  await updateVm(services, request(), input);
  const other = { ...input, displayName: "second" };
  expect(codes(await updateVm(services, request(), other))).toEqual(["IDEMPOTENCY_CONFLICT"]);
  const { vmId, idempotencyKey } = input;
  expect(codes(await protectVm(services, request(), { vmId, idempotencyKey }))).toEqual(["IDEMPOTENCY_CONFLICT"]);
  expect(await updateVm(services, request(newId()), other)).toMatchObject({ kind: "done" });
});

it("a request that was refused has not used its key", async () => {
  const { services, request } = fixture;
  const vmId = await fixture.vm();
  const idempotencyKey = newId();
  expect(codes(await updateVm(services, request(), { vmId, idempotencyKey, name: "-" }))).toEqual(["NAME_INVALID"]);
  expect(await updateVm(services, request(), { vmId, idempotencyKey, displayName: "x" })).toMatchObject({
    kind: "done",
  });
});

it("16 requests with one key at once change the VM once", async () => {
  const { services, request } = fixture;
  const input = { vmId: await fixture.vm(), displayName: "once", idempotencyKey: newId() };
  const outcomes = await Promise.all(Array.from({ length: 16 }, () => updateVm(services, request(), input)));
  expect(outcomes.every(({ kind }) => kind === "done")).toBe(true);
  expect(await row(input.vmId)).toMatchObject({ display_name: "once", version: 2 });
});

it("a dry run returns the VM as it would be, writes nothing, and uses no key", async () => {
  const { services, request } = fixture;
  const tags = [{ key: "env", value: "prod" }];
  const input = { vmId: await fixture.vm(), tags, idempotencyKey: newId() };
  const outcome = await setVmTags(services, request(), { ...input, dryRun: true });
  expect(outcome).toMatchObject({ kind: "done", value: { vm: { tags: { env: "prod" }, version: 2 } } });
  expect(await row(input.vmId)).toMatchObject({ tags: {}, version: 1 });
  await setVmTags(services, request(), input);
  expect(await row(input.vmId)).toMatchObject({ tags: { env: "prod" }, version: 2 });
});

it("a VM is not changed by a caller who has seen another version, and a VM that is so already keeps its version", async () => {
  const { services, request } = fixture;
  const vmId = await fixture.vm();
  expect(codes(await setVmTags(services, request(), { vmId, tags: [], expectedVersion: 2 }))).toEqual([
    "VERSION_CONFLICT",
  ]);
  expect(await setVmTags(services, request(), { vmId, tags: [], expectedVersion: 1 })).toMatchObject({
    value: { vm: { version: 1 } },
  });
});

it("a name is free once its VM is deleted, and a deleted VM is not changed", async () => {
  const { services, request } = fixture;
  const [deleted, live] = [await fixture.vm({ state: "deleted" }), await fixture.vm()];
  expect(await updateVm(services, request(), { vmId: live, name: deleted })).toMatchObject({ kind: "done" });
  expect(codes(await updateVm(services, request(), { vmId: deleted, name: newId() }))).toEqual(["ACTION_NOT_POSSIBLE"]);
});

it("the database refuses to delete a VM that is protected, unless its creation is undone", async () => {
  const { services, request, sql } = fixture;
  const [running, creating] = [await fixture.vm(), await fixture.vm({ state: "creating" })];
  for (const vmId of [running, creating]) await protectVm(services, request(), { vmId });
  const remove = (id: string) => sql`update vms set state = 'deleted', deleted_at = now() where id = ${id}`;
  await expect(remove(running)).rejects.toMatchObject({ constraint_name: "vms_protection_guard" });
  await remove(creating);
  await unprotectVm(services, request(), { vmId: running });
  await remove(running);
});

it("a VM that is being deleted can no longer be protected, and one that another operation works on can", async () => {
  const { services, request, sql, tenantId } = fixture;
  const [deleting, stopping] = [await fixture.vm(), await fixture.vm()];
  await insertSlot(sql, { vmId: deleting, tenantId, operationKind: "delete_vm" });
  await insertSlot(sql, { vmId: stopping, tenantId, operationKind: "stop_vm" });
  await expect(protectVm(services, request(), { vmId: deleting })).rejects.toMatchObject({ code: "VM_BUSY" });
  expect(await protectVm(services, request(), { vmId: stopping })).toMatchObject({ kind: "done" });
});

it("a job removes the keys of all tenants a day after their use, and no younger ones", async () => {
  const { services, request, sql, system, vm } = fixture;
  const keys = [newId(), newId(), newId()];
  for (const idempotencyKey of keys) await protectVm(services, request(), { vmId: await vm(), idempotencyKey });
  await sql`update request_keys set created_at = now() - interval '25 hours' where key = any(${keys.slice(1)})`;
  expect(await removeOldKeys(system, never, 1)).toBe(2);
  expect(await sql`select key from request_keys where key = any(${keys})`).toEqual([{ key: keys[0] }]);
});
