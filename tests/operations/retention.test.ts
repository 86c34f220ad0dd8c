import { expect, it } from "vitest";
import type { WriteTx } from "#db/client.ts";
import { abandonOperation } from "#db/operations/requests.ts";
import { removeEndedOperations } from "#db/operations/retention.ts";
import { scheduleStore } from "#db/operations/schedules.ts";
import { Schedule } from "#lib/operations/schedule.ts";
import { platformTenantId } from "#lib/trust/platform-tenant.ts";
import { newId } from "#lib/uuid.ts";
import { definitionOf, effect, type Fixture, operationsFixture } from "./fixture.ts";

const scope = { tenantId: platformTenantId, actor: "job:test" };
const day = 86_400;
const running = new AbortController().signal;

interface Inserted {
  count: number;
  state: string;
  endedDaysAgo?: number;
  schedule?: string;
}

/** Inserts operations with a step each. Returns their ids, the newest first. */
async function insert({ owner }: Fixture, { count, state, endedDaysAgo, schedule }: Inserted): Promise<string[]> {
  const ids = Array.from({ length: count }, () => newId());
  await owner`
    insert into operations (id, tenant_id, kind, definition_version, input, state, schedule, ended_at)
    select id::uuid, ${platformTenantId}, 'test', 1, 'null', ${state}, ${schedule ?? null},
      now() - ${endedDaysAgo ?? null}::float8 * interval '1 day' - position * interval '1 second'
    from unnest(${ids}::text[]) with ordinality as of (id, position)`;
  await owner`
    insert into operation_steps (operation_id, tenant_id, position, name, state, attempts, undo_attempts)
    select id::uuid, ${platformTenantId}, 0, 'one', 'done', 1, 0 from unnest(${ids}::text[]) as of (id)`;
  return ids;
}

const left = async ({ owner }: Fixture): Promise<string[]> =>
  (
    await owner<{ id: string }[]>`
    select id from operations where exists (select from operation_steps where operation_id = operations.id)`
  ).map(({ id }) => id);

it("operations that ended longer ago than the retention are removed with their steps; those that run or are parked never", async () => {
  const fixture = await operationsFixture();
  const kept = [
    ...(await insert(fixture, { count: 3, state: "running" })),
    ...(await insert(fixture, { count: 3, state: "parked", endedDaysAgo: 400 })),
    ...(await insert(fixture, { count: 3, state: "done", endedDaysAgo: 29 })),
  ];
  for (const state of ["done", "compensated", "abandoned"])
    await insert(fixture, { count: 5, state, endedDaysAgo: 31 });
  expect(await removeEndedOperations(fixture.system, scope, 30 * day, running, { limit: 4 })).toBe(15);
  expect((await left(fixture)).toSorted()).toEqual(kept.toSorted());
  const [steps] = await fixture.owner`select count(*)::int as count from operation_steps`;
  expect(steps).toEqual({ count: kept.length });
  expect(await removeEndedOperations(fixture.system, scope, 30 * day, running)).toBe(0);
});

it("an operation that was parked for longer than the retention is kept for the retention after it was abandoned", async () => {
  const fixture = await operationsFixture({ tenantId: platformTenantId });
  const [id = ""] = await insert(fixture, { count: 1, state: "parked", endedDaysAgo: 31 });
  await fixture.service.write(fixture.scope, (tx) => abandonOperation(tx, id, { consent: true }));
  expect(await removeEndedOperations(fixture.system, scope, 30 * day, running)).toBe(0);
  await fixture.owner`update operations set ended_at = ended_at - interval '31 days'`;
  expect(await removeEndedOperations(fixture.system, scope, 30 * day, running)).toBe(1);
});

it("of a schedule's operations the newest few in each state are kept, and each that is removed has an event", async () => {
  const fixture = await operationsFixture();
  const operation = definitionOf([effect("work", async () => null)]);
  const names = ["often", "seldom"];
  await scheduleStore(fixture.system).define(
    names.map((name) => new Schedule<WriteTx>({ name, cron: "0 0 * * *", operation })),
  );
  const kept: string[] = await insert(fixture, { count: 6, state: "done", endedDaysAgo: 0 });
  for (const schedule of names)
    for (const state of ["done", "compensated"]) {
      const count = schedule === "often" ? 30 : 2;
      kept.push(...(await insert(fixture, { count, state, schedule, endedDaysAgo: 0 })).slice(0, 5));
    }
  kept.push(...(await insert(fixture, { count: 8, state: "parked", schedule: "often", endedDaysAgo: 0 })));
  expect(await removeEndedOperations(fixture.system, scope, 30 * day, running, { kept: 5, limit: 20 })).toBe(50);
  expect((await left(fixture)).toSorted()).toEqual(kept.toSorted());
  const [events] = await fixture.owner`
    select count(distinct entity_key)::int as count from outbox_events where type = 'vms_operation.deleted'`;
  expect(events).toEqual({ count: 50 });
});

it("a removal ends at its signal, and two at once remove each operation once", async () => {
  const fixture = await operationsFixture();
  await insert(fixture, { count: 40, state: "done", endedDaysAgo: 31 });
  expect(await removeEndedOperations(fixture.system, scope, 30 * day, AbortSignal.abort())).toBe(0);
  const counts = await Promise.all(
    [1, 2].map(() => removeEndedOperations(fixture.system, scope, 30 * day, running, { limit: 3 })),
  );
  expect((counts[0] ?? 0) + (counts[1] ?? 0) + (await left(fixture)).length).toBe(40);
  await removeEndedOperations(fixture.system, scope, 30 * day, running);
  expect(await left(fixture)).toEqual([]);
  const [events] = await fixture.owner`
    select count(*)::int as count from outbox_events where type = 'vms_operation.deleted'`;
  expect(events).toEqual({ count: 40 });
});
