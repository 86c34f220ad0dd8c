import { expect, it } from "vitest";
import { scheduleStore } from "#db/operations/schedules.ts";
import { until } from "#tests/events/until.ts";
import { audit, drill } from "./drill.ts";
import { operationsFixture } from "./fixture.ts";
import { leaseMs } from "./kills.ts";
import { scheduleOfDrill } from "./schedule-of-drill.ts";
import { startWorkerProcess } from "./worker-processes.ts";

it("an operation whose process is killed after its schedule has fired is continued by another, and is not started again", async () => {
  const fixture = await operationsFixture();
  const schedule = { cron: "0 0 1 1 *", input: { dieAt: "before recording reserve done" } };
  const definition = drill({ callee: fixture.service });
  await scheduleStore(fixture.system).define([scheduleOfDrill(definition, schedule)]);
  await fixture.owner`update operation_schedules set next_at = now() - interval '1 day'`;
  const first = await startWorkerProcess({ url: fixture.url, leaseMs, schedule });
  await until("the process was killed", () => first.child.signalCode === "SIGKILL");
  const [operation] = await fixture.owner<{ id: string; state: string }[]>`select id, state from operations`;
  expect(operation?.state).toBe("running");
  await startWorkerProcess({ url: fixture.url, leaseMs, schedule });
  await fixture.reached(operation?.id ?? "", "done");
  expect(await fixture.owner`select from operations`).toHaveLength(1);
  expect(await audit(fixture.owner)).toEqual([]);
});

it("of four processes one starts the operation each time that it is due", async () => {
  const fixture = await operationsFixture();
  const schedule = { cron: "* * * * * *", input: {} };
  await Promise.all([1, 2, 3, 4].map(() => startWorkerProcess({ url: fixture.url, leaseMs, schedule })));
  const read = async () => {
    const [row] = await fixture.owner<{ starts: number; operations: number; seconds: number }[]>`
      select version - 1 - skipped as starts, operations, seconds from operation_schedules, lateral (
        select count(*)::int as operations, count(distinct idempotency_key)::int as seconds from operations where schedule = 'drill'
      ) as of`;
    return row ?? { starts: 0, operations: 0, seconds: 0 };
  };
  await until("it was due twice", async () => (await read()).starts >= 2);
  const { starts, operations, seconds } = await read();
  // Each time that it started one moved it to its next time.
  expect({ operations, seconds }).toEqual({ operations: starts, seconds: starts });
});
