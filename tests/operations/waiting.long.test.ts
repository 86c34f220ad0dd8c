import { expect, it } from "vitest";
import type { Database } from "#db/client.ts";
import { operationStore } from "#db/operations/store.ts";
import { OperationDefinitions } from "#lib/operations/definition.ts";
import { newId } from "#lib/uuid.ts";
import { until } from "#tests/events/until.ts";
import { definitionOf, type Fixture, operationsFixture, scope } from "./fixture.ts";
import { limits } from "./drill.ts";
import { insertWaiting } from "./waiting.ts";

const definition = definitionOf([{ type: "effect", name: "one", ...limits, run: async () => null }]);

const workerId = newId();
const { keys: known } = new OperationDefinitions([definition]);

/** Returns the median time of a claim that finds one operation. */
async function claimMs({ store, start }: Fixture): Promise<number> {
  const times: number[] = [];
  for (let round = 0; round < 60; round += 1) {
    const id = await start(definition, { input: null });
    const leaseId = newId();
    const began = performance.now();
    const { records } = await store.claim({
      workerId,
      leaseId,
      leaseMs: 60_000,
      limit: 16,
      known,
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
  await insertWaiting(fixture.owner, { ...scope, kind: "test", count: 100_000 });
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
  // One at each poll, and at most one that states that the worker lives.
  expect(statements - before).toBeLessThanOrEqual(7);
});
