import { describe, expect, it } from "vitest";
import type { WriteTx } from "#db/client.ts";
import { listSchedules } from "#db/operations/schedule-list.ts";
import { scheduleStore } from "#db/operations/schedules.ts";
import { Schedule, type ScheduleDefinition } from "#lib/operations/schedule.ts";
import { platformTenantId } from "#lib/trust/platform-tenant.ts";
import { definitionOf, effect, type Fixture, operationsFixture } from "./fixture.ts";

const operation = definitionOf([effect("work", async () => null)], { kind: "nightly" });

const scheduleOf = (more: Partial<ScheduleDefinition<WriteTx>> = {}) =>
  new Schedule<WriteTx>({ name: "nightly", cron: "30 2 * * *", zone: "Europe/Berlin", operation, ...more });

interface StoredSchedule {
  cron: string;
  zone: string;
  next_at: Date | null;
  disabled_at: Date | null;
  last_at: Date | null;
  last_operation_id: string | null;
  skipped: number;
}

async function stored({ owner }: Fixture): Promise<StoredSchedule> {
  const [row] = await owner<StoredSchedule[]>`select * from operation_schedules where name = 'nightly'`;
  if (!row) throw new Error("There is no such schedule.");
  return row;
}

/** Makes the schedule due since a while, as after an outage. Returns since when. */
async function outage({ owner }: Fixture, days: number): Promise<Date> {
  const [row] = await owner<{ at: Date }[]>`
    update operation_schedules set next_at = date_trunc('milliseconds', now() - ${days}::int * interval '1 day') where name = 'nightly'
    returning next_at as at`;
  if (!row) throw new Error("There is no such schedule.");
  return row.at;
}

const started = ({ owner }: Fixture) =>
  owner<{ id: string; kind: string; actor: string; schedule: string; tenantId: string }[]>`
    select id, kind, actor, schedule, tenant_id as "tenantId" from operations order by created_at`;

const end = ({ owner }: Fixture, id: string, state = "done") =>
  owner`update operations set state = ${state}, ended_at = now(), claimable_at = null where id = ${id}`;

async function scheduled(schedule = scheduleOf()) {
  const fixture = await operationsFixture();
  const store = scheduleStore(fixture.system);
  await store.define([schedule]);
  return { fixture, store, fire: () => store.fire([schedule]) };
}

describe("a schedule", () => {
  it("is first due at its next time, and starts nothing before", async () => {
    const { fixture, fire } = await scheduled();
    const inMs = await fire();
    expect(await started(fixture)).toEqual([]);
    const { next_at: next } = await stored(fixture);
    expect(next).toEqual(scheduleOf().nextTime(new Date()));
    expect(Math.abs((next?.getTime() ?? 0) - Date.now() - (inMs ?? 0))).toBeLessThan(5_000);
  });

  it("that was due three times in an outage catches up once, and is next due at its next time from now", async () => {
    const { fixture, fire } = await scheduled();
    const dueAt = await outage(fixture, 3);
    await fire();
    const operations = await started(fixture);
    expect(operations).toEqual([
      {
        id: expect.any(String),
        kind: "nightly",
        actor: "job:nightly",
        schedule: "nightly",
        tenantId: platformTenantId,
      },
    ]);
    expect(await stored(fixture)).toMatchObject({
      last_at: dueAt,
      last_operation_id: operations[0]?.id,
      next_at: scheduleOf().nextTime(new Date()),
      skipped: 0,
    });
    await fire();
    expect(await started(fixture)).toHaveLength(1);
  });

  it("starts one operation when four programs fire it at the same time", async () => {
    const { fixture, fire } = await scheduled();
    for (let round = 1; round <= 5; round += 1) {
      await outage(fixture, 1);
      await Promise.all([fire(), fire(), fire(), fire()]);
      const operations = await started(fixture);
      expect(operations).toHaveLength(round);
      for (const { id } of operations) await end(fixture, id);
    }
  });

  it("whose last operation still runs starts none until it has ended, and then one, late, for all times that have passed", async () => {
    const { fixture, fire } = await scheduled();
    await outage(fixture, 4);
    await fire();
    const [first] = await started(fixture);
    const dueAt = await outage(fixture, 3);
    for (let round = 0; round < 3; round += 1) expect(await fire()).toBe(5_000);
    expect(await started(fixture)).toHaveLength(1);
    expect(await stored(fixture)).toMatchObject({ skipped: 0, last_operation_id: first?.id, next_at: dueAt });
    await end(fixture, first?.id ?? "", "compensated");
    await fire();
    await fire();
    const [, second, ...others] = await started(fixture);
    expect(others).toEqual([]);
    const next = scheduleOf().nextTime(new Date());
    expect(await stored(fixture)).toMatchObject({
      skipped: 1,
      last_operation_id: second?.id,
      last_at: dueAt,
      next_at: next,
    });
    // An operation that is parked waits for a person, and not the schedule for it.
    await end(fixture, second?.id ?? "", "parked");
    await fixture.owner`update operation_schedules set next_at = now()`;
    await fire();
    expect(await started(fixture)).toHaveLength(3);
    expect(await stored(fixture)).toMatchObject({ skipped: 1 });
  });

  it("whose last operation runs for long is neither disabled nor taken over by another release", async () => {
    const { fixture, store, fire } = await scheduled();
    await outage(fixture, 2);
    await fire();
    const dueAt = await outage(fixture, 1);
    await store.fire([]);
    await store.fire([scheduleOf({ cron: "0 4 * * *" })]);
    expect(await stored(fixture)).toMatchObject({ cron: "30 2 * * *", next_at: dueAt, disabled_at: null });
  });

  it("of a new release is not fired by the release before, which does not put its own times back", async () => {
    const { fixture, store } = await scheduled();
    const [before, after] = [scheduleOf(), scheduleOf({ cron: "* * * * *" })];
    await store.define([after]);
    await fixture.owner`update operation_schedules set next_at = now()`;
    await store.fire([before]);
    expect(await started(fixture)).toEqual([]);
    await store.fire([after]);
    expect(await started(fixture)).toHaveLength(1);
    expect(await stored(fixture)).toMatchObject({ cron: "* * * * *" });
  });

  it("of a new release that is gone again is taken over by the release before, after a while", async () => {
    const { fixture, store } = await scheduled();
    await store.define([scheduleOf({ cron: "* * * * *" })]);
    await fixture.owner`update operation_schedules set next_at = now() - interval '11 minutes'`;
    await store.fire([scheduleOf()]);
    expect(await stored(fixture)).toMatchObject({ cron: "30 2 * * *", next_at: scheduleOf().nextTime(new Date()) });
  });

  it("that comes due again for the same time starts nothing", async () => {
    const { fixture, fire } = await scheduled();
    const dueAt = await outage(fixture, 1);
    await fire();
    const [first] = await started(fixture);
    await end(fixture, first?.id ?? "");
    await fixture.owner`update operation_schedules set next_at = ${dueAt}`;
    await fire();
    expect(await started(fixture)).toHaveLength(1);
  });

  it("of a new release is due by its new times; an unchanged one that is overdue stays so", async () => {
    const { fixture, store } = await scheduled();
    const dueAt = await outage(fixture, 1);
    await store.define([scheduleOf()]);
    expect(await stored(fixture)).toMatchObject({ next_at: dueAt });
    const changed = scheduleOf({ cron: "0 4 * * *", zone: "Asia/Tokyo" });
    await store.define([changed]);
    expect(await stored(fixture)).toMatchObject({
      cron: "0 4 * * *",
      zone: "Asia/Tokyo",
      next_at: changed.nextTime(new Date()),
    });
  });

  it("that no program has any more is disabled after a while, not run, and enabled by a program that has it", async () => {
    const { fixture, store } = await scheduled();
    const other = [scheduleOf({ name: "other" })];
    await outage(fixture, 1);
    await fixture.owner`update operation_schedules set next_at = now()`;
    await store.fire(other);
    expect((await stored(fixture)).disabled_at).toBeNull();
    await outage(fixture, 1);
    await store.fire(other);
    const listed = async () => (await listSchedules(fixture.system)).map(({ nextAt }) => nextAt);
    expect(await listed()).toEqual([null]);
    expect(await store.fire(other)).toBeUndefined();
    expect(await started(fixture)).toEqual([]);
    await store.define([scheduleOf({ cron: "0 4 * * *" })]);
    expect(await listed()).toEqual([scheduleOf({ cron: "0 4 * * *" }).nextTime(new Date())]);
  });

  it("that was due in an outage runs once in the release that has it, also when the release before has disabled it by then", async () => {
    const { fixture, store, fire } = await scheduled();
    const dueAt = await outage(fixture, 1);
    await store.fire([]);
    expect((await stored(fixture)).disabled_at).not.toBeNull();
    await fire();
    expect(await started(fixture)).toHaveLength(1);
    const next = scheduleOf().nextTime(new Date());
    expect(await stored(fixture)).toMatchObject({ last_at: dueAt, next_at: next, disabled_at: null });
    await fire();
    await store.fire([]);
    expect(await started(fixture)).toHaveLength(1);
    expect((await stored(fixture)).disabled_at).toBeNull();
  });

  it("that was fired meanwhile is not disabled by a program that has read before that it was overdue", async () => {
    const { fixture, store, fire } = await scheduled();
    await outage(fixture, 1);
    const reads = { ...fixture.system } as typeof fixture.system;
    reads.run = async (...call) => {
      const read = await fixture.system.run(...call);
      await fire();
      return read;
    };
    await scheduleStore(reads).fire([]);
    expect(await stored(fixture)).toMatchObject({ disabled_at: null, next_at: scheduleOf().nextTime(new Date()) });
    await store.fire([]);
    expect(await started(fixture)).toHaveLength(1);
  });

  it("that cannot start its operation does not stop the others, and is due again at once", async () => {
    const { fixture, store } = await scheduled();
    const broken = scheduleOf({ name: "broken", input: "\u0000" });
    await store.define([broken]);
    await outage(fixture, 1);
    await fixture.owner`update operation_schedules set next_at = now() - interval '2 days' where name = 'broken'`;
    expect(await store.fire([broken, scheduleOf()])).toBe(0);
    expect((await started(fixture)).map(({ schedule }) => schedule)).toEqual(["nightly"]);
  });
});
