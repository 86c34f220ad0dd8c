import postgres from "postgres";
import { expect, it } from "vitest";
import { domains } from "#db/columns.ts";
import { listSchedules } from "#db/operations/schedule-list.ts";
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
    const read = () => listSchedules(systems[domain]);
    const open = [null, "pending", "running"];
    await until(`the jobs of ${domain} have run`, async () =>
      (await read()).every((row) => !open.includes(row.lastState)),
    );
    ended.push(...(await read()).map(({ database, name, lastState }) => `${database} ${name} ${lastState}`));
  }
  expect(ended.toSorted()).toEqual(names.toSorted());
  expect(names).toContain("monitoring roll_up_samples done");
});
