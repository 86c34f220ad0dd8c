import { setTimeout } from "node:timers/promises";
import { expect, it, onTestFinished, vi } from "vitest";
import { cancelOperation, signalOperation, startOperation } from "#db/operations/requests.ts";
import type { Json, Step } from "#lib/operations/definition.ts";
import { StepFailure } from "#lib/operations/failures.ts";
import type { WriteTx } from "#db/client.ts";
import { until } from "#tests/events/until.ts";
import { limits } from "./drill.ts";
import { definitionOf, effect, operationsFixture, scope } from "./fixture.ts";

it("an operation runs its steps in order, each with the results of those before it", async () => {
  const fixture = await operationsFixture();
  const seen: unknown[] = [];
  const definition = definitionOf([
    effect("one", async ({ input, attempt }) => ({ input, attempt })),
    {
      ...effect("two", async () => null),
      type: "transaction",
      run: async ({ results }) => results["one"] ?? null,
    } as Step<WriteTx>,
    effect("three", async ({ results, fence, tenantId }) => {
      seen.push({ results, fence, tenantId });
      return null;
    }),
  ]);
  fixture.work([definition]);
  const id = await fixture.start(definition, { input: "x" });
  const { steps } = await fixture.reached(id, "done");
  const result = { input: "x", attempt: 1 };
  expect(steps).toMatchObject([
    { name: "one", state: "done", attempts: 1, result },
    { name: "two", state: "done", attempts: 1, result },
    { name: "three", state: "done", attempts: 1, result: null },
  ]);
  expect(seen).toEqual([
    {
      results: { one: result, two: result },
      fence: { operationId: id, token: expect.any(Number) },
      tenantId: scope.tenantId,
    },
  ]);
});

it("a step is attempted again after a delay until it works or its attempts are used up", async () => {
  const fixture = await operationsFixture();
  const works = definitionOf([
    effect("flaky", async ({ attempt }) => {
      if (attempt < 3) throw new Error("secret");
      return attempt;
    }),
  ]);
  const never = definitionOf(
    [
      effect("never", async () => {
        throw new Error("secret");
      }),
    ],
    { kind: "never" },
  );
  fixture.work([works, never]);
  const [good, bad] = await Promise.all([fixture.start(works, { input: null }), fixture.start(never, { input: null })]);
  expect((await fixture.reached(good, "done")).steps).toMatchObject([{ attempts: 3, result: 3 }]);
  const { error, steps } = await fixture.reached(bad, "compensated");
  expect(steps).toMatchObject([{ attempts: limits.retry.attempts, state: "undone" }]);
  // What an error contains is not stored.
  expect(JSON.stringify(error)).not.toContain("secret");
});

it("a step that exceeds its time limit is aborted and counts as attempted", async () => {
  const fixture = await operationsFixture();
  const once = { attempts: 1, firstDelayMs: 1, longestDelayMs: 1 };
  const reasons: unknown[] = [];
  const definition = definitionOf([
    effect(
      "slow",
      ({ signal }) =>
        new Promise(() => signal.addEventListener("abort", () => reasons.push((signal.reason as StepFailure).code))),
      { retry: once, timeLimitMs: 50 },
    ),
  ]);
  fixture.work([definition]);
  const id = await fixture.start(definition, { input: null });
  expect(await fixture.reached(id, "compensated")).toMatchObject({ error: { code: "TIME_LIMIT", step: "slow" } });
  expect(reasons).toEqual(["TIME_LIMIT"]);
});

it("a cancel aborts the running step within the wake-up, undoes what was attempted, and does not abort an undo", async () => {
  const fixture = await operationsFixture();
  let undoAborted: boolean | undefined;
  let begun: () => void = () => undefined;
  const running = new Promise<void>((resolve) => (begun = resolve));
  const definition = definitionOf([
    effect("first", async () => null, {
      undo: async ({ signal }: { signal: AbortSignal }) => {
        await cancel();
        undoAborted = signal.aborted;
      },
    }),
    effect("long", async ({ signal }) => {
      begun();
      await new Promise((_, reject) => signal.addEventListener("abort", () => reject(signal.reason as Error)));
      return null;
    }),
  ]);
  fixture.work([definition], { leaseMs: 60_000 });
  const id = await fixture.start(definition, { input: null });
  const cancel = () => fixture.service.write(scope, (tx) => cancelOperation(tx, id));
  await running;
  expect(await cancel()).toEqual({ outcome: "requested" });
  const { error, steps } = await fixture.reached(id, "compensated");
  expect(error).toMatchObject({ code: "CANCELLED" });
  expect(steps).toMatchObject([
    { name: "first", state: "undone" },
    { name: "long", state: "undone" },
  ]);
  expect(undoAborted).toBe(false);
});

it.each([false, true])(
  "an effect whose beginning is recorded does not begin after a cancel that was accepted before (its response lost: %s)",
  async (isLost) => {
    const fixture = await operationsFixture();
    let id = "";
    let readCancel: () => void = () => undefined;
    const cancelRead = new Promise<void>((resolve) => (readCancel = resolve));
    const begun: string[] = [];
    const definition = definitionOf(
      ["one", "two"].map((name) =>
        effect(name, async () => {
          begun.push(name);
          return null;
        }),
      ),
    );
    const store: typeof fixture.store = {
      ...fixture.store,
      save: async (lease, record, change) => {
        const isSaved = await fixture.store.save(lease, record, change);
        if (!change.begins) return isSaved;
        await fixture.service.write(scope, (tx) => cancelOperation(tx, id));
        if (isLost) throw new Error("lost");
        // The worker reads the cancel before it receives this response.
        await cancelRead;
        await setTimeout(20);
        return isSaved;
      },
      renew: async (lease, leaseMs) => {
        const record = await fixture.store.renew(lease, leaseMs);
        if (record?.cancelRequested) readCancel();
        return record;
      },
    };
    fixture.work([definition], { store, leaseMs: 900 });
    await fixture.service.write(scope, async (tx) => {
      ({ id } = await startOperation(tx, definition, { input: null }));
    });
    expect(await fixture.reached(id, "compensated")).toMatchObject({
      error: { code: "CANCELLED" },
      steps: [{ state: "undone" }, { name: "two", state: "undone" }],
    });
    expect(begun).toEqual(["one"]);
  },
);

it("an operation waits for a signal without a worker, fails when it does not arrive in time, and waits for times", async () => {
  const fixture = await operationsFixture();
  const waiting = definitionOf([
    { type: "wait", name: "pause", until: { elapsedMs: 50 } },
    { type: "wait", name: "approval", until: { signal: "approved" } },
  ]);
  const late = definitionOf([{ type: "wait", name: "approval", until: { signal: "approved", withinMs: 50 } }], {
    kind: "late",
  });
  fixture.work([waiting, late]);
  const [id, lateId] = await Promise.all([
    fixture.start(waiting, { input: null }),
    fixture.start(late, { input: null }),
  ]);
  expect(await fixture.reached(lateId, "compensated")).toMatchObject({
    error: { code: "WAIT_TIMED_OUT", step: "approval" },
  });
  await until("it waits", async () => {
    const [row] = await fixture.owner`select lease_id, claimable_at, waiting_for from operations where id = ${id}`;
    return row?.["waiting_for"] === "approved" && row["lease_id"] === null && row["claimable_at"] === null;
  });
  await fixture.service.write(scope, (tx) => signalOperation(tx, id, "approved", { by: "ada" }));
  expect((await fixture.reached(id, "done")).steps).toMatchObject([{ name: "pause" }, { result: { by: "ada" } }]);
});

it("a worker that is woken often creates no signal that depends on that of its stop, which would keep it", async () => {
  const any = vi.spyOn(AbortSignal, "any");
  onTestFinished(() => any.mockRestore());
  const fixture = await operationsFixture();
  const definition = definitionOf([effect("one", async () => null)]);
  const stop = fixture.work([definition], { pollMs: 60_000 });
  for (let round = 0; round < 10; round += 1)
    await fixture.reached(await fixture.start(definition, { input: null }), "done");
  const began = performance.now();
  await stop();
  expect(performance.now() - began).toBeLessThan(2_000);
  expect(any).not.toHaveBeenCalled();
});

it("a lost notification delays an operation by at most the poll", async () => {
  const fixture = await operationsFixture();
  const definition = definitionOf([effect("one", async () => null)]);
  const deaf = { ...fixture.store, listen: async () => undefined };
  fixture.work([definition], { store: deaf });
  const id = await fixture.start(definition, { input: null });
  await fixture.reached(id, "done");
  const [row] = await fixture.owner<{ ms: number }[]>`
    select extract(epoch from ended_at - created_at)::float8 * 1000 as ms from operations`;
  expect(row?.ms).toBeLessThan(1_000);
});

it("a worker runs a bounded number of operations at once, and gives them back when it stops", async () => {
  const fixture = await operationsFixture();
  let open: () => void = () => undefined;
  const gate = new Promise<void>((resolve) => (open = resolve));
  let [now, most] = [0, 0];
  const definition = definitionOf([
    effect("hold", async () => {
      most = Math.max(most, ++now);
      await gate;
      now -= 1;
      return null;
    }),
    effect("after", async () => null),
  ]);
  const stop = fixture.work([definition], { concurrency: 3 });
  const ids = await Promise.all(Array.from({ length: 7 }, () => fixture.start(definition, { input: null })));
  await until("three run", () => now === 3);
  const stopped = stop();
  open();
  await stopped;
  expect(most).toBe(3);
  expect(await fixture.owner`select from operations where lease_id is not null`).toHaveLength(0);
  expect(await fixture.owner`select from operation_steps where name = 'after'`).toHaveLength(0);
  fixture.work([definition]);
  await Promise.all(ids.map((id) => fixture.reached(id, "done")));
});

it("a worker that stops while a step takes long gives its operation back, and another worker attempts the step again", async () => {
  const fixture = await operationsFixture();
  const signals: AbortSignal[] = [];
  const definition = definitionOf([
    effect("long", async ({ attempt, signal }) => {
      signals.push(signal);
      if (attempt === 1) await new Promise(() => undefined);
      return attempt;
    }),
  ]);
  const stop = fixture.work([definition], { stopMs: 50, leaseMs: 60_000 });
  const id = await fixture.start(definition, { input: null });
  await until("the step runs", () => signals.length === 1);
  await stop();
  expect(signals[0]?.aborted).toBe(true);
  fixture.work([definition]);
  expect((await fixture.reached(id, "done")).steps).toMatchObject([{ attempts: 2, result: 2 }]);
});

it.each<[string, () => unknown]>([
  ["a NUL", () => "a\u0000b"],
  ["half of a surrogate pair", () => ({ name: "\ud800" })],
  [
    "what only its second reading shows",
    () => {
      let readings = 0;
      return { toJSON: () => (readings++ === 0 ? "a" : "a\u0000b") };
    },
  ],
])("a result with %s fails the effect for good, and it runs once", async (_what, result) => {
  const fixture = await operationsFixture();
  let runs = 0;
  const definition = definitionOf([
    effect("bad", async () => {
      runs += 1;
      return result() as Json;
    }),
  ]);
  fixture.work([definition], { leaseMs: 600 });
  const id = await fixture.start(definition, { input: null });
  expect(await fixture.reached(id, "compensated")).toMatchObject({ error: { code: "RESULT_INVALID", step: "bad" } });
  expect(runs).toBe(1);
});

it.each(["effect", "transaction"])(
  "a failure whose message has a NUL is recorded without it, of a step of type %s",
  async (type) => {
    const fixture = await operationsFixture();
    let runs = 0;
    const run = async () => {
      runs += 1;
      throw new StepFailure("NAME_TAKEN", "The name a\u0000b is taken.", { isFinal: true });
    };
    const definition = definitionOf([{ ...effect("bad", run), type } as Step<WriteTx>]);
    fixture.work([definition], { leaseMs: 600 });
    const id = await fixture.start(definition, { input: null });
    expect(await fixture.reached(id, "compensated")).toMatchObject({
      error: { code: "NAME_TAKEN", message: "The name a\ufffdb is taken." },
    });
    expect(runs).toBe(1);
  },
);

it("a worker holds no connection of the database while an effect runs", async () => {
  const fixture = await operationsFixture();
  let open: () => void = () => undefined;
  const gate = new Promise<void>((resolve) => (open = resolve));
  let now = 0;
  const definition = definitionOf([
    effect("hold", async () => {
      now += 1;
      await gate;
      return null;
    }),
  ]);
  // More operations than both pools have connections.
  fixture.work([definition], { concurrency: 40 });
  const ids = await Promise.all(Array.from({ length: 40 }, () => fixture.start(definition, { input: null })));
  await until("all run", () => now === 40);
  const busy = await fixture.owner`
    select state from pg_stat_activity where datname = current_database() and application_name like 'novacron_vms%' and state <> 'idle'`;
  expect(busy).toHaveLength(0);
  open();
  await Promise.all(ids.map((id) => fixture.reached(id, "done")));
});
