import { randomUUID } from "node:crypto";
import { afterAll, beforeAll, expect, it } from "vitest";
import { vmStateEnum } from "#db/vms/schema/enums.ts";
import { guardFunction } from "#subgraphs/vms/lifecycle/guard-function.ts";
import { migratedDatabase } from "./migrated-database.ts";
import type { ScratchDatabase } from "./scratch-database.ts";

const states = vmStateEnum.enumValues;
type State = (typeof states)[number];
const transient = new Set<State>(["migrating", "backing_up", "restoring"]);

/** The legal next states of each state. A VM that is being migrated or backed up was running before. */
const legal: Record<State, State[]> = {
  creating: ["running", "stopped", "error", "deleted"],
  running: ["stopped", "paused", "suspended", "migrating", "backing_up", "restoring", "error", "deleted"],
  stopped: ["running", "migrating", "backing_up", "restoring", "error", "deleted"],
  paused: ["running", "stopped", "migrating", "backing_up", "restoring", "error", "deleted"],
  suspended: ["running", "stopped", "backing_up", "restoring", "error", "deleted"],
  migrating: ["running", "error"],
  backing_up: ["running", "error"],
  restoring: ["running", "stopped", "error"],
  error: ["running", "stopped", "migrating", "restoring", "deleted"],
  deleted: ["stopped"],
};

let database: ScratchDatabase;
beforeAll(async () => {
  database = await migratedDatabase("vms");
});
afterAll(() => database.drop());

const insertVm = async (state: State, origin: State = "running"): Promise<string> => {
  const id = randomUUID();
  await database.sql`
    insert into vms (id, name, state, origin_state, hypervisor_type, owner_id, tenant_id, resource_config, deleted_at)
    values (${id}, ${id}, ${state}, ${transient.has(state) ? origin : null}, 'kvm', ${randomUUID()}, ${randomUUID()},
      '{}', ${state === "deleted" ? new Date() : null})`;
  return id;
};

const changeState = (id: string, state: State, origin: State) => database.sql`
  update vms set state = ${state}, origin_state = ${transient.has(state) ? origin : null},
    deleted_at = ${state === "deleted" ? new Date() : null}
  where id = ${id}`;

it.each(states)("a VM that is %s can enter every state that the lifecycle allows and no other", async (from) => {
  const allowed: State[] = [];
  for (const to of states) {
    if (to === from) continue;
    const id = await insertVm(from);
    // A VM in error is moved only off a dead node: it returns to what it was before the error.
    const origin = from === "error" && to === "migrating" ? "running" : from;
    await changeState(id, to, origin).then(
      () => allowed.push(to),
      (error: unknown) => expect(error).toMatchObject({ code: "23514", constraint_name: "vms_state_guard" }),
    );
  }
  expect(allowed.sort()).toEqual([...legal[from]].sort());
});

it.each([
  ["migrating", "stopped"],
  ["migrating", "paused"],
  ["backing_up", "suspended"],
  ["restoring", "paused"],
  ["restoring", "suspended"],
  ["restoring", "error"],
] as const)("case L17: a VM that is %s and was %s before can return to that state", async (transientState, origin) => {
  const id = await insertVm(transientState, origin);
  if (transientState !== "restoring") {
    await expect(changeState(id, "running", origin)).rejects.toMatchObject({ constraint_name: "vms_state_guard" });
  }
  await changeState(id, origin, origin);
  expect([...(await database.sql`select state from vms where id = ${id}`)]).toEqual([{ state: origin }]);
});

it("case M11: a VM in error that is moved off its node returns to running or stopped, as it was before the error", async () => {
  const id = await insertVm("error");
  await expect(changeState(id, "migrating", "error")).rejects.toMatchObject({ constraint_name: "vms_state_guard" });
  await changeState(id, "migrating", "stopped");
  await expect(changeState(id, "running", "stopped")).rejects.toMatchObject({ constraint_name: "vms_state_guard" });
  await changeState(id, "stopped", "stopped");
});

it("case G25: the trigger has the function that the lifecycle table makes", async () => {
  const [found] = await database.sql`select pg_get_functiondef('guard_vm_state'::regproc) as text`;
  const bodyOf = (text: string): string => text.slice(text.indexOf("BEGIN"), text.lastIndexOf("END"));
  expect(bodyOf(String(found?.["text"]))).toBe(bodyOf(guardFunction()));
});

it("the usage of a tenant counts what its VMs request, whatever statement changes them", async () => {
  const tenant = randomUUID();
  const { sql } = database;
  const usage = async () =>
    (await sql`select vm_count, cpu_millicores, memory_mb, storage_gb from vm_usage where tenant_id = ${tenant}`).map(
      (row) => Object.values(row).map(Number),
    );
  const config = (cpu: number) => sql.json({ cpuMillicores: cpu, memoryMb: 512 });
  await sql`insert into vms (name, hypervisor_type, owner_id, tenant_id, resource_config)
    select 'vm' || n, 'kvm', ${randomUUID()}, ${tenant}, ${config(500)} from generate_series(1, 3) as n`;
  expect(await usage()).toEqual([[3, 1_500, 1_536, 0]]);
  await sql`update vms set resource_config = ${sql.json({ cpuMillicores: 1_000, memoryMb: 512, storageGb: 7 })} where tenant_id = ${tenant} and name = 'vm1'`;
  expect(await usage()).toEqual([[3, 2_000, 1_536, 7]]);
  await sql`update vms set state = 'deleted', deleted_at = now() where tenant_id = ${tenant} and name = 'vm2'`;
  expect(await usage()).toEqual([[2, 1_500, 1_024, 7]]);
  await sql`delete from vms where tenant_id = ${tenant} and name <> 'vm1'`;
  expect(await usage()).toEqual([[1, 1_000, 512, 7]]);
});

it("a VM cannot enter a transient state with an origin other than the state it leaves", async () => {
  const id = await insertVm("stopped");
  await expect(changeState(id, "migrating", "running")).rejects.toMatchObject({ constraint_name: "vms_state_guard" });
});

it("a VM's origin cannot change while it is in a transient state", async () => {
  const id = await insertVm("migrating", "running");
  await expect(changeState(id, "migrating", "stopped")).rejects.toMatchObject({ constraint_name: "vms_state_guard" });
});

it("a VM is deleted exactly while it has a deletion time", async () => {
  const id = await insertVm("stopped");
  await expect(database.sql`update vms set state = 'deleted' where id = ${id}`).rejects.toMatchObject({
    constraint_name: "vms_deleted_at_check",
  });
  await expect(database.sql`update vms set deleted_at = now() where id = ${id}`).rejects.toMatchObject({
    constraint_name: "vms_deleted_at_check",
  });
});
