import { expect, it } from "vitest";
import { abandonOperation } from "#db/operations/requests.ts";
import { StepFailure } from "#lib/operations/failures.ts";
import { audit, drill } from "./drill.ts";
import { definitionOf, effect, operationsFixture, scope } from "./fixture.ts";

it("case L1: a step that took effect and failed is undone with those before it, in reverse", async () => {
  const fixture = await operationsFixture();
  const definition = drill({ callee: fixture.service });
  fixture.work([definition]);
  const id = await fixture.start(definition, { input: { failAt: "provision" } });
  const { error, steps } = await fixture.reached(id, "compensated");
  expect(error).toMatchObject({ code: "DRILL", step: "provision" });
  expect(steps.map(({ name, state }) => `${name} ${state}`)).toEqual([
    "reserve undone",
    "write undone",
    "provision undone",
  ]);
  const undone = await fixture.owner`select step from journal where what = 'undone' order by id`;
  expect(undone.map(({ step }) => step as string)).toEqual(["provision", "write", "reserve"]);
  expect(await audit(fixture.owner)).toEqual([]);
});

it("a step in a transaction that fails leaves nothing of itself to undo", async () => {
  const fixture = await operationsFixture();
  const definition = drill({ callee: fixture.service });
  fixture.work([definition]);
  const id = await fixture.start(definition, { input: { failAt: "finish" } });
  await fixture.reached(id, "compensated");
  expect(await fixture.owner`select from journal where step = 'finish'`).toHaveLength(0);
  expect(await audit(fixture.owner)).toEqual([]);
});

it("case L1: a commit, a record and a claim whose responses are lost happen once", async () => {
  const fixture = await operationsFixture();
  const definition = drill({ callee: fixture.service });
  const { store } = fixture;
  const lost = new Error("lost");
  const seen = new Set<string>();
  /** Returns whether this is the first response of its kind, which is lost. */
  const isLost = (key: string) => !seen.has(key) && Boolean(seen.add(key));
  const unreliable: typeof store = {
    ...store,
    save: async (lease, record, change) => {
      const isSaved = await store.save(lease, record, change);
      if (isLost(`${record.id} ${change.step?.name} ${change.step?.state}`)) throw lost;
      return isSaved;
    },
    transact: async (work) => {
      const outcome = await store.transact(work);
      const change = outcome.saved ? outcome.change : undefined;
      return change && isLost(`${work.record.id} ${change.step?.name} ${change.step?.state}`)
        ? { saved: false, error: lost }
        : outcome;
    },
    claim: async (options) => {
      const claimed = await store.claim(options);
      if (claimed.records.some(({ id }) => isLost(`${id} claim`))) throw lost;
      return claimed;
    },
  };
  fixture.work([definition], { store: unreliable, leaseMs: 300 });
  const [good, bad] = await Promise.all([
    fixture.start(definition, { input: {} }),
    fixture.start(definition, { input: { failAt: "finish" } }),
  ]);
  const ended = await Promise.all([fixture.reached(good, "done"), fixture.reached(bad, "compensated")]);
  for (const { steps } of ended) expect(steps.every(({ attempts }) => attempts === 1)).toBe(true);
  expect(seen.size).toBeGreaterThan(15);
  expect(await audit(fixture.owner)).toEqual([]);
});

it("case L6: an undo that fails four times and then works ends compensated; one that never works is parked and lists what is left", async () => {
  const fixture = await operationsFixture();
  const made = { lock: "l1", claim: "c1", address: "10.0.0.1", object: "o1" };
  const fails = (times: number, kind: string) =>
    definitionOf(
      [
        ...Object.entries(made).map(([name, id]) =>
          effect(name, async () => ({ id }), {
            undo: async ({ attempt }: { attempt: number }) => {
              if (name === "object" && attempt <= times) throw new Error("no");
            },
          }),
        ),
        effect("boot", async () => {
          throw new StepFailure("NO_BOOT", "It does not boot.", { isFinal: true });
        }),
      ],
      { kind },
    );
  const [later, never] = [fails(4, "later"), fails(Infinity, "never")];
  fixture.work([later, never]);
  const [good, bad] = await Promise.all([fixture.start(later, { input: null }), fixture.start(never, { input: null })]);
  const { steps } = await fixture.reached(good, "compensated");
  expect(steps.map(({ name, state, undoAttempts }) => `${name} ${state} ${undoAttempts}`)).toEqual([
    "lock undone 1",
    "claim undone 1",
    "address undone 1",
    "object undone 5",
    "boot undone 1",
  ]);
  const leftBehind = Object.entries(made).map(([step, id]) => ({ step, result: { id } }));
  expect(await fixture.reached(bad, "parked")).toMatchObject({
    error: { code: "NO_BOOT", step: "boot" },
    left: leftBehind,
    steps: [{}, {}, { state: "done" }, { name: "object", state: "parked", undoAttempts: 5 }, { state: "undone" }],
  });
  const abandon = (consent: boolean) => fixture.service.write(scope, (tx) => abandonOperation(tx, bad, { consent }));
  expect(await abandon(false)).toEqual({ outcome: "consent required", leftBehind });
  expect(await fixture.reached(bad, "parked")).toMatchObject({ left: leftBehind });
  expect(await abandon(true)).toEqual({ outcome: "abandoned", leftBehind });
  expect(await fixture.reached(bad, "abandoned")).toMatchObject({ left: leftBehind });
});
