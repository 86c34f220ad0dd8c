import { randomUUID } from "node:crypto";
import { afterAll, beforeAll, expect, it } from "vitest";
import { vmStateEnum } from "#db/vms/schema/enums.ts";
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
    await changeState(id, to, from).then(
      () => allowed.push(to),
      (error: unknown) => expect(error).toMatchObject({ code: "23514", constraint_name: "vms_state_guard" }),
    );
  }
  expect(allowed.sort()).toEqual([...legal[from]].sort());
});

it.each(["stopped", "paused", "error"] as const)(
  "a VM that was %s returns to that state after its migration",
  async (origin) => {
    const id = await insertVm("migrating", origin);
    if (origin !== "error") {
      await expect(changeState(id, "running", origin)).rejects.toMatchObject({ constraint_name: "vms_state_guard" });
    }
    await changeState(id, origin, origin);
    expect([...(await database.sql`select state from vms where id = ${id}`)]).toEqual([{ state: origin }]);
  },
);

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
