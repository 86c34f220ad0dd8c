import postgres from "postgres";
import { expect, it, onTestFinished } from "vitest";
import { domains } from "#db/columns.ts";
import { listSchedules } from "#db/operations/schedule-list.ts";
import { scheduleStore } from "#db/operations/schedules.ts";
import { Schedule } from "#lib/operations/schedule.ts";
import { platformTenantId } from "#lib/trust/platform-tenant.ts";
import { newId } from "#lib/uuid.ts";
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
  await start();
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
  expect(names).toContain("vms check_operation_projection done");
});

it("what a job changes shows the job as its actor, and its operation", async () => {
  const { urls, systems, operations, start } = await jobsFixture();
  await scheduleStore(systems.auth).define(operations.auth.schedules.map((schedule) => new Schedule(schedule)));
  const owner = postgres(urls.url("auth"), { max: 1 });
  onTestFinished(() => owner.end());
  const id = newId();
  await owner`insert into users (id, tenant_id, username, email, password_hash) values (${id}, ${platformTenantId}, 'u', 'u@x', 'x')`;
  await owner`insert into user_sessions (id, tenant_id, user_id, token_hash, expires_at) values (${id}, ${platformTenantId}, ${id}, 'x', now() - interval '1 year')`;
  await owner`update operation_schedules set next_at = now() where name = 'remove_ended_sessions'`;
  await start();
  const changes = () =>
    owner`select actor, operation_id as operation from entity_changes where entity_type = 'UserSession' and kind = 'DELETED'`;
  await until("the session is removed", async () => (await changes()).length > 0);
  const [{ operation } = { operation: null }] = await owner<{ operation: string | null }[]>`
    select last_operation_id as operation from operation_schedules where name = 'remove_ended_sessions'`;
  expect(operation).not.toBeNull();
  expect([...(await changes())]).toEqual([{ actor: "job:remove_ended_sessions", operation }]);
});
