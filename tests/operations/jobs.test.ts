import postgres from "postgres";
import { expect, it } from "vitest";
import { domains } from "#db/columns.ts";
import { scheduleStore } from "#db/operations/schedules.ts";
import { Schedule } from "#lib/operations/schedule.ts";
import { until } from "#tests/events/until.ts";
import { jobsFixture } from "./jobs-fixture.ts";

it("every job of every database runs as an operation when it is due", async () => {
  const { urls, systems, operations, start } = await jobsFixture();
  const names: string[] = [];
  for (const domain of domains) {
    const { schedules } = operations[domain];
    names.push(...schedules.map(({ name }) => `${domain} ${name} done`));
    await scheduleStore(systems[domain]).define(schedules.map((schedule) => new Schedule(schedule)));
    const owner = postgres(urls.url(domain), { max: 1 });
    await owner`update operation_schedules set next_at = now()`;
    await owner.end();
  }
  start();
  const ended: string[] = [];
  for (const domain of domains) {
    const owner = postgres(urls.url(domain), { max: 1 });
    const read = () => owner<{ name: string; state: string | null; ended: boolean }[]>`
      select name, state, coalesce(ended_at is not null, false) as ended from operation_schedules
      left join operations on operations.id = last_operation_id`;
    await until(`the jobs of ${domain} have run`, async () => (await read()).every((row) => row.ended));
    ended.push(...(await read()).map(({ name, state }) => `${domain} ${name} ${state}`));
    await owner.end();
  }
  expect(ended.toSorted()).toEqual(names.toSorted());
  expect(names).toContain("monitoring roll_up_samples done");
});
