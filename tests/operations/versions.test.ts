import { setTimeout } from "node:timers/promises";
import { expect, it } from "vitest";
import type { WriteTx } from "#db/client.ts";
import { signalOperation } from "#db/operations/requests.ts";
import type { Step } from "#lib/operations/definition.ts";
import { StepFailure } from "#lib/operations/failures.ts";
import { until } from "#tests/events/until.ts";
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

const unknownAfterMs = 200;

it("an operation is not parked while any living worker knows its definition, however long it is due", async () => {
  const fixture = await operationsFixture();
  let open: () => void = () => undefined;
  const gate = new Promise<void>((resolve) => (open = resolve));
  const definition = definitionOf([effect("hold", () => gate.then(() => null))]);
  fixture.work([definition], { concurrency: 1, unknownAfterMs });
  const first = await fixture.start(definition, { input: null });
  await fixture.reached(first, "running");
  const second = await fixture.start(definition, { input: null });
  fixture.work([definitionOf([effect("renamed", async () => null)])], { unknownAfterMs });
  fixture.work([], { unknownAfterMs });
  await setTimeout(6 * unknownAfterMs);
  expect(await fixture.reached(second, "pending")).toMatchObject({ error: null });
  open();
  await Promise.all([first, second].map((id) => fixture.reached(id, "done")));
});

it("a worker parks nothing before it has lived for as long as others have to state what they know", async () => {
  const fixture = await operationsFixture();
  const definition = definitionOf([effect("one", async () => null)]);
  const id = await fixture.start(definition, { input: null });
  // All processes were down for longer.
  await fixture.owner`update operations set claimable_at = now() - interval '1 hour'`;
  fixture.work([], { unknownAfterMs: 60_000 });
  await setTimeout(600);
  expect(await fixture.reached(id, "pending", "parked")).toMatchObject({ state: "pending" });
  fixture.work([definition]);
  await fixture.reached(id, "done");
});

it("an operation that was parked for want of its definition continues where it was when a worker has it", async () => {
  const fixture = await operationsFixture();
  const wait: Step<WriteTx> = { type: "wait", name: "nap", until: { elapsedMs: 1_000 } };
  const go: Step<WriteTx> = { type: "wait", name: "go", until: { signal: "go" } };
  const fails = effect("fails", async () => {
    throw new StepFailure("NO", "It never works.", { isFinal: true });
  });
  const undo = async ({ attempt }: { attempt: number }) => {
    if (attempt === 1) throw new Error("not yet");
  };
  const undoRetry = { attempts: 3, firstDelayMs: 1_000, longestDelayMs: 1_000 };
  const waits = definitionOf([effect("made", async () => 1), wait, go]);
  const undoes = definitionOf([effect("made", async () => 2, { undo, undoRetry }), fails], { kind: "undoes" });
  const stop = fixture.work([waits, undoes]);
  const waiting = await fixture.start(waits, { input: null });
  const undoing = await fixture.start(undoes, { input: null });
  await Promise.all([fixture.reached(waiting, "waiting"), fixture.reached(undoing, "compensating")]);
  await stop();
  const stopLacking = fixture.work([], { unknownAfterMs });
  for (const id of [waiting, undoing])
    expect(await fixture.reached(id, "parked")).toMatchObject({ error: { code: "DEFINITION_MISSING" } });
  await stopLacking();
  fixture.work([waits, undoes]);
  expect(await fixture.reached(undoing, "compensated")).toMatchObject({
    error: { code: "NO", step: "fails" },
    left: null,
    steps: [{ name: "made", state: "undone", attempts: 1, undoAttempts: 2 }, { name: "fails" }],
  });
  await until("it waits for the signal", async () => {
    const [row] = await fixture.owner`select waiting_for, ended_at, error from operations where id = ${waiting}`;
    return row?.["waiting_for"] === "go" && row["ended_at"] === null && row["error"] === null;
  });
  await fixture.service.write(scope, (tx) => signalOperation(tx, waiting, "go", null));
  expect((await fixture.reached(waiting, "done")).steps.map(({ attempts }) => attempts)).toEqual([1, 1, 1]);
  const [events] = await fixture.owner<{ states: string[] }[]>`
    select array_agg(payload ->> 'state' order by id) as states from outbox_events where entity_key = ${waiting}`;
  expect(events?.states).toContain("parked");
  expect(events?.states.slice(events.states.indexOf("parked") + 1)).toContain("waiting");
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
  fixture.work([definitionOf([effect("made", async () => null)])], { unknownAfterMs: 100 });
  for (const id of [changedId, goneId]) await fixture.service.write(scope, (tx) => signalOperation(tx, id, "go", null));
  expect(await fixture.reached(changedId, "parked")).toMatchObject({
    error: { code: "DEFINITION_CHANGED", step: "go" },
  });
  expect(await fixture.reached(goneId, "parked")).toMatchObject({
    error: { code: "DEFINITION_MISSING" },
    left: [{ step: "made", result: { id: "o2" } }, { step: "go" }],
  });
});
