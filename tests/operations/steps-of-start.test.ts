import { expect, it } from "vitest";
import type { WriteTx } from "#db/client.ts";
import { cancelOperation, startOperation } from "#db/operations/requests.ts";
import type { Json, Step } from "#lib/operations/definition.ts";
import { newId } from "#lib/uuid.ts";
import { limits } from "./drill.ts";
import { definitionOf, effect, operationsFixture, scope } from "./fixture.ts";

const calls: string[] = [];
const insert: Step<WriteTx> = {
  type: "transaction",
  name: "insert",
  ...limits,
  run: async () => {
    calls.push("insert");
    return null;
  },
  undo: async () => calls.push("undo insert"),
};
const definition = definitionOf([
  insert,
  effect("use", async ({ results }) => {
    calls.push(`use ${JSON.stringify(results)}`);
    return null;
  }),
]);

it("a step that the transaction of the start has done is not run again, and its result is passed on", async () => {
  const fixture = await operationsFixture();
  calls.length = 0;
  const id = await fixture.start(definition, { input: null, done: [{ row: 7 }] });
  fixture.work([definition]);
  const { steps } = await fixture.reached(id, "done");
  expect(calls).toEqual(['use {"insert":{"row":7}}']);
  expect(steps).toMatchObject([{ name: "insert", state: "done", attempts: 1, result: { row: 7 } }, { name: "use" }]);
});

it("a step that the start has done is undone when the operation is cancelled before any worker has it", async () => {
  const fixture = await operationsFixture();
  calls.length = 0;
  const id = await fixture.start(definition, { input: null, done: [null] });
  expect(await fixture.service.write(scope, (tx) => cancelOperation(tx, id))).toEqual({ outcome: "requested" });
  fixture.work([definition]);
  const { steps } = await fixture.reached(id, "compensated");
  expect(calls).toEqual(["undo insert"]);
  expect(steps).toMatchObject([{ name: "insert", state: "undone" }]);
});

it("a start cannot have done a step that is no transaction", async () => {
  const fixture = await operationsFixture();
  await expect(fixture.start(definition, { input: null, done: [null, null] })).rejects.toThrow(/only steps that are/);
});

it("case L9: a request that is repeated with another id of its new object has the object of the first one", async () => {
  const fixture = await operationsFixture();
  const ask = (input: { id: string; size: number }) =>
    fixture.service.write(scope, (tx) =>
      startOperation<Json & { id: string; size: number }>(tx, definition, {
        input,
        made: ["id"],
        subject: `Vm:${input.id}`,
        idempotencyKey: "k",
      }),
    );
  const first = newId();
  const { id } = await ask({ id: first, size: 1 });
  expect(await ask({ id: newId(), size: 1 })).toEqual({ outcome: "in progress", id, subject: `Vm:${first}` });
  expect(await ask({ id: newId(), size: 2 })).toEqual({ outcome: "conflict", id });
  fixture.work([definition]);
  await fixture.reached(id, "done");
  expect(await ask({ id: newId(), size: 1 })).toEqual({ outcome: "same", id, subject: `Vm:${first}`, state: "done" });
});
