import { expect, it } from "vitest";
import type { Database } from "#db/client.ts";
import { operationStore } from "#db/operations/store.ts";
import { newId } from "#lib/uuid.ts";
import { until } from "#tests/events/until.ts";
import { definitionOf, type Fixture, operationsFixture, scope } from "./fixture.ts";
import { limits } from "./drill.ts";

const definition = definitionOf([{ type: "effect", name: "one", ...limits, run: async () => null }]);

/** Inserts operations that wait: half for a signal, half for a time tomorrow. */
const insertWaiting = ({ owner }: Fixture, count: number) => owner`
  insert into operations (id, tenant_id, kind, definition_version, input, state, waiting_for, claimable_at, resumes_at)
  select gen_random_uuid(), ${scope.tenantId}, 'test', 1, 'null', 'waiting', case when n % 2 = 0 then 'go' end, due, due
  from generate_series(1, ${count}::int) n, lateral (select case when n % 2 = 1 then now() + interval '1 day' end as due) as of`;

/** Returns the median time of a claim that finds one operation. */
async function claimMs({ store, start }: Fixture): Promise<number> {
  const times: number[] = [];
  for (let round = 0; round < 60; round += 1) {
    const id = await start(definition, { input: null });
    const leaseId = newId();
    const began = performance.now();
    const { records } = await store.claim({
      leaseId,
      leaseMs: 60_000,
      limit: 16,
      known: ["test@1"],
      unknownAfterMs: 60_000,
    });
    times.push(performance.now() - began);
    expect(records.map((record) => record.id)).toEqual([id]);
    const [record] = records;
    if (record)
      await store.save({ operationId: id, tenantId: scope.tenantId, leaseId }, record, { state: "done", next: "end" });
  }
  return times.toSorted((one, other) => one - other)[30] ?? 0;
}

it("100,000 operations that wait do not slow a claim, and cost an idle worker no more statements than none", async () => {
  const fixture = await operationsFixture();
  await claimMs(fixture);
  const alone = await claimMs(fixture);
  await insertWaiting(fixture, 100_000);
  await fixture.owner`analyze operations`;
  expect(await claimMs(fixture)).toBeLessThan(2 * alone + 1);

  let statements = 0;
  const system: Database = {
    ...fixture.system,
    run: (...call) => {
      statements += 1;
      return fixture.system.run(...call);
    },
  };
  const store = operationStore({ service: fixture.service, system, url: fixture.url });
  fixture.work([definition], { store, pollMs: 1_000 });
  await until("the worker has polled", () => statements > 0);
  const before = statements;
  await fixture.owner`select pg_sleep(5)`;
  // One at each poll.
  expect(statements - before).toBeLessThanOrEqual(7);
});
