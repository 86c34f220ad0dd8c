import { expect, it } from "vitest";
import type { WriteTx } from "#db/client.ts";
import type { Step } from "#lib/operations/definition.ts";
import { until } from "#tests/events/until.ts";
import { limits } from "./drill.ts";
import { definitionOf, effect, operationsFixture } from "./fixture.ts";

// Each step has one attempt: an effect that was recorded as attempted twice would fail.
const once = { retry: { ...limits.retry, attempts: 1 } };

it("the end of a step and the beginning of the effect after it are one record, also when its response is lost", async () => {
  const fixture = await operationsFixture();
  const names = ["one", "two", "three"];
  const definition = definitionOf(names.map((name) => effect(name, async () => null, once)));
  const saved: string[] = [];
  fixture.work([definition], {
    store: {
      ...fixture.store,
      save: async (lease, record, change) => {
        const isSaved = await fixture.store.save(lease, record, change);
        saved.push(`${change.step?.name} ${change.step?.state}, ${change.begins?.name ?? "nothing"} begins`);
        if (change.begins?.name === "two") throw new Error("The response was lost.");
        return isSaved;
      },
    },
  });
  const id = await fixture.start(definition, { input: null });
  const { steps } = await fixture.reached(id, "done");
  expect(steps.map(({ attempts }) => attempts)).toEqual([1, 1, 1]);
  expect(saved).toEqual([
    "one attempted, nothing begins",
    "one done, two begins",
    "two done, three begins",
    "three done, nothing begins",
  ]);
});

it("a worker that stops begins no effect, and runs the one whose beginning is recorded", async () => {
  const fixture = await operationsFixture();
  const definition = definitionOf(["one", "two", "three"].map((name) => effect(name, async () => null, once)));
  let stopped: Promise<void> | undefined;
  const stop = fixture.work([definition], {
    store: {
      ...fixture.store,
      save: async (lease, record, change) => {
        const isSaved = await fixture.store.save(lease, record, change);
        if (change.begins?.name === "two") stopped = stop();
        return isSaved;
      },
    },
  });
  const id = await fixture.start(definition, { input: null });
  await until("the worker stops", () => stopped !== undefined);
  await stopped;
  expect((await fixture.reached(id, "running")).steps).toMatchObject([
    { name: "one", state: "done" },
    { name: "two", state: "done" },
  ]);
  fixture.work([definition]);
  expect((await fixture.reached(id, "done")).steps.map(({ attempts }) => attempts)).toEqual([1, 1, 1]);
});

it("a transaction whose response is lost does not cost the effect after it an attempt", async () => {
  const fixture = await operationsFixture();
  const first = {
    ...effect("one", async () => null, once),
    type: "transaction",
    run: async () => null,
  } as Step<WriteTx>;
  const definition = definitionOf([first, effect("two", async () => null, once)]);
  fixture.work([definition], {
    store: {
      ...fixture.store,
      transact: async (work) => {
        await fixture.store.transact(work);
        return { saved: false, error: new Error("The response was lost.") };
      },
    },
  });
  const id = await fixture.start(definition, { input: null });
  expect((await fixture.reached(id, "done")).steps.map(({ attempts }) => attempts)).toEqual([1, 1]);
});
