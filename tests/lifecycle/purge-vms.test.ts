import { afterEach, expect, it } from "vitest";
import { demoTenantId } from "#lib/trust/demo-tenant.ts";
import { purgeDeletedVms } from "#subgraphs/vms/deletion/purge-deleted-vms.ts";
import { until } from "#tests/events/until.ts";
import { asOwner } from "#tests/harness/server.ts";
import { insertVm } from "#tests/mutations/vm-row.ts";
import { deletedBefore, deletedVm, remains, setStatus } from "./deleted-vms.ts";
import { lifecycleFixture } from "./fixture.ts";

const fixture = lifecycleFixture();
const retentionSeconds = 7 * 86_400;
const purge = (more: object = {}) =>
  purgeDeletedVms(
    { service: fixture.product.databases.vms, system: fixture.systems.vms },
    { retentionSeconds, signal: AbortSignal.timeout(30_000), ...more },
  );
const ofVms = <Row extends object>(ids: readonly string[], columns: string) =>
  asOwner(
    fixture.product.urls.url("vms"),
    (sql) => sql<Row[]>`select ${sql.unsafe(columns)} from vms where id = any(${[...ids]}::uuid[])`,
  );
const purgesOf = (ids: readonly string[]) =>
  asOwner(
    fixture.product.urls.url("vms"),
    (sql) => sql<{ id: string; state: string; actor: string }[]>`
      select id, state, actor from operations where kind = 'purge_vm' and subject = any(${ids.map((id) => `Vm:${id}`)})`,
  );
const purged = (ids: readonly string[]) =>
  until("the VMs are purged", async () => (await ofVms(ids, "id")).length === (await purgedOf(ids)).length);
const purgedOf = async (ids: readonly string[]) =>
  (await ofVms<{ id: string; at: Date | null }>(ids, "id, purged_at as at")).flatMap(({ id, at }) => (at ? [id] : []));

/** Makes a VM that was deleted long ago. */
async function oldVm(): Promise<string> {
  const id = await deletedVm(fixture);
  await deletedBefore(fixture, [id], 8);
  return id;
}

afterEach(async () => {
  await fixture.hypervisor.configure({});
  await setStatus(
    fixture,
    fixture.nodes.map(({ id }) => id),
    "ready",
  );
});

it("a VM that was deleted longer ago than the retention loses its machine, and cannot be undeleted; a younger one can", async () => {
  const [old, young] = [await oldVm(), await deletedVm(fixture)];
  expect(await purge()).toBe(1);
  await purged([old]);
  expect(await purgesOf([old])).toMatchObject([{ actor: "job:purge_deleted_vms" }]);
  expect(await remains(fixture, old)).toEqual({ state: "DELETED", claims: [], machines: [] });
  await until("the slot is free", async () => (await purgesOf([old]))[0]?.state === "done");
  const reason = "The machine of the VM was purged with its disks: create another VM.";
  const { userErrors } = await fixture.mutate("undeleteVm", { vmId: old, dryRun: true });
  expect(userErrors).toMatchObject([{ code: "ACTION_NOT_POSSIBLE", field: ["vmId"], message: reason }]);
  const { availableActions } = await fixture.vm(old);
  expect(availableActions.find(({ action }) => action === "UNDELETE")).toMatchObject({ allowed: false, reason });
  expect(await purge()).toBe(0);
  const { operation } = await fixture.mutate("undeleteVm", { vmId: young });
  expect((await fixture.ended(operation?.id)).state).toBe("DONE");
});

it("a purge is an event and a change of the VM, by the job", async () => {
  const id = await oldVm();
  await purge();
  await purged([id]);
  const { version } = await fixture.vm(id);
  const authors = await asOwner(
    fixture.product.urls.url("vms"),
    (sql) => sql`
      select 'event' as what, actor from outbox_events where entity_key = ${id} and type = 'vm.updated' and entity_version = ${version}
      union all select 'change', actor from entity_changes where entity_key = ${id}::uuid and fields ? 'purgedAt' order by what`,
  );
  const actor = "job:purge_deleted_vms";
  expect([...authors]).toEqual([
    { what: "change", actor },
    { what: "event", actor },
  ]);
});

it("a VM that never had a machine is purged, and was never to be undeleted", async () => {
  const id = await insertVm(fixture.product.urls, { tenantId: demoTenantId, state: "deleted", isPlaced: false });
  const { userErrors } = await fixture.mutate("undeleteVm", { vmId: id });
  const message = "The VM never had a machine: create another VM.";
  expect(userErrors).toMatchObject([{ code: "ACTION_NOT_POSSIBLE", message }]);
  await deletedBefore(fixture, [id], 8);
  expect(await purge()).toBe(1);
  await purged([id]);
});

it("16 runs at once start one operation for each VM", async () => {
  const ids = await Promise.all(Array.from({ length: 4 }, oldVm));
  const started = await Promise.all(Array.from({ length: 16 }, () => purge()));
  expect(started.reduce((sum, count) => sum + count, 0)).toBe(4);
  expect((await purgesOf(ids)).length).toBe(4);
  await purged(ids);
});

it("a run purges so many VMs of each tenant at most, those first that were deleted first", async () => {
  const [first, second, third] = [await oldVm(), await oldVm(), await oldVm()];
  await deletedBefore(fixture, [third], 10);
  await deletedBefore(fixture, [first], 9);
  expect(await purge({ perTenant: 2 })).toBe(2);
  await purged([third, first]);
  expect(await purgedOf([second])).toEqual([]);
  expect(await purge()).toBe(1);
  await purged([second]);
});

it("a VM that is being undeleted is not purged", async () => {
  const id = await oldVm();
  const nodeId = (await fixture.vm(id)).node?.id ?? "";
  await setStatus(fixture, [nodeId], "maintenance");
  await fixture.hypervisor.configure({ latencies: { migrate: [1_000, 1_000] } });
  const { operation } = await fixture.mutate("undeleteVm", { vmId: id });
  expect(await purge()).toBe(0);
  expect((await fixture.ended(operation?.id)).state).toBe("DONE");
  expect(await purge()).toBe(0);
  expect((await remains(fixture, id)).machines.length).toBe(1);
});

it("a VM that is being purged cannot be undeleted, also when the answer to its end is lost", async () => {
  const id = await oldVm();
  await fixture.hypervisor.configure({
    latencies: { destroy: [500, 500] },
    planned: [{ fault: "lost_answer", method: "destroy", vmId: id }],
  });
  expect(await purge()).toBe(1);
  await expect(fixture.mutate("undeleteVm", { vmId: id })).rejects.toThrow("VM_BUSY");
  await purged([id]);
  const [operation] = await purgesOf([id]);
  const { state, steps } = await fixture.ended(operation?.id);
  expect({ state, attempts: steps.find(({ name }) => name === "destroy")?.attempts }).toEqual({
    state: "DONE",
    attempts: 2,
  });
  expect((await remains(fixture, id)).machines).toEqual([]);
});

it("of an undelete and a purge at once one is done, and a VM never comes back without its machine", async () => {
  for (let round = 0; round < 8; round += 1) {
    const id = await oldVm();
    const undelete = fixture.mutate("undeleteVm", { vmId: id }).catch((error: unknown) => String(error));
    const [answer, started] = await Promise.all([undelete, purge()]);
    if (typeof answer === "string") expect(answer).toContain("VM_BUSY");
    else await fixture.ended(answer.operation?.id);
    if (started === 1) await purged([id]);
    const { state, machines } = await remains(fixture, id);
    expect({ state, machines: machines.length }).toEqual(
      started === 1 ? { state: "DELETED", machines: 0 } : { state: "STOPPED", machines: 1 },
    );
  }
});
