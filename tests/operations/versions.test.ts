import { expect, it } from "vitest";
import type { WriteTx } from "#db/client.ts";
import { signalOperation } from "#db/operations/requests.ts";
import type { Step } from "#lib/operations/definition.ts";
import { definitionOf, effect, operationsFixture, scope } from "./fixture.ts";

it("operations continue by the version that they were started with while a newer one is started", async () => {
  const fixture = await operationsFixture();
  const wait: Step<WriteTx> = { type: "wait", name: "go", until: { signal: "go" } };
  const one = definitionOf([effect("old", async () => 1), wait, effect("old end", async () => 1)]);
  const two = definitionOf([effect("new", async () => 2), wait, effect("new end", async () => 2)], { version: 2 });
  const stop = fixture.work([one]);
  const oldId = await fixture.start(one, { input: null });
  await fixture.reached(oldId, "waiting");
  await stop();
  fixture.work([one, two]);
  const newId = await fixture.start(two, { input: null });
  await fixture.reached(newId, "waiting");
  for (const id of [oldId, newId]) await fixture.service.write(scope, (tx) => signalOperation(tx, id, "go", null));
  const names = async (id: string) => (await fixture.reached(id, "done")).steps.map(({ name }) => name);
  expect(await names(oldId)).toEqual(["old", "go", "old end"]);
  expect(await names(newId)).toEqual(["new", "go", "new end"]);
});

it("an operation whose definition has vanished or has other steps is parked with that code and lists what it has attempted", async () => {
  const fixture = await operationsFixture();
  const wait: Step<WriteTx> = { type: "wait", name: "go", until: { signal: "go" } };
  const before = definitionOf([effect("made", async () => ({ id: "o1" })), wait]);
  const gone = definitionOf([effect("made", async () => ({ id: "o2" })), wait], { kind: "gone" });
  const stop = fixture.work([before, gone]);
  const [changedId, goneId] = await Promise.all([
    fixture.start(before, { input: null }),
    fixture.start(gone, { input: null }),
  ]);
  await Promise.all([fixture.reached(changedId, "waiting"), fixture.reached(goneId, "waiting")]);
  await stop();
  fixture.work([definitionOf([effect("renamed", async () => null), wait])], { unknownAfterMs: 100 });
  for (const id of [changedId, goneId]) await fixture.service.write(scope, (tx) => signalOperation(tx, id, "go", null));
  expect(await fixture.reached(changedId, "parked")).toMatchObject({
    error: { code: "DEFINITION_CHANGED", step: "made" },
  });
  expect(await fixture.reached(goneId, "parked")).toMatchObject({
    error: { code: "DEFINITION_MISSING" },
    left: [{ step: "made", result: { id: "o2" } }, { step: "go" }],
  });
});
