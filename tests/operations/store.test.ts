import { sql } from "drizzle-orm";
import { afterEach, expect, it, vi } from "vitest";
import { abandonOperation, cancelOperation, signalOperation, startOperation } from "#db/operations/requests.ts";
import { statement } from "#db/statement.ts";
import { OperationDefinitions } from "#lib/operations/definition.ts";
import type { Change } from "#lib/operations/record.ts";
import type { Lease } from "#lib/operations/store.ts";
import { newId } from "#lib/uuid.ts";
import { limits } from "./drill.ts";
import { definitionOf, type Fixture, operationsFixture, scope } from "./fixture.ts";

const step = (name: string, more: object = {}) => ({
  type: "effect" as const,
  name,
  ...limits,
  run: async () => null,
  ...more,
});
const twoSteps = definitionOf([step("one", { lastSafePoint: true }), step("two")]);
const workerId = newId();
const { keys: known } = new OperationDefinitions([twoSteps]);
const attempted = (position: number): Change => ({
  state: "running",
  step: { position, name: position === 0 ? "one" : "two", state: "attempted", attempts: 1, undoAttempts: 0 },
  next: "continue",
});

async function claimOne({ store }: Fixture, { leaseMs = 60_000 } = {}) {
  const leaseId = newId();
  const { records } = await store.claim({ workerId, leaseId, leaseMs, limit: 1, known, unknownAfterMs: 60_000 });
  const [record] = records;
  if (!record) return undefined;
  const lease: Lease = { operationId: record.id, tenantId: record.tenantId, leaseId };
  return { record, lease };
}
const claimed = async (fixture: Fixture, options?: { leaseMs: number }) => {
  const claim = await claimOne(fixture, options);
  if (!claim) throw new Error("Nothing could be claimed.");
  return claim;
};
const pass = ({ owner }: Fixture, seconds: number) => owner`select pg_sleep(${seconds})`;

afterEach(() => {
  vi.useRealTimers();
});

it("an operation starts in the transaction of the change that asks for it: a rollback leaves none", async () => {
  const fixture = await operationsFixture();
  const asked = fixture.service.write(scope, async (tx) => {
    await startOperation(tx, twoSteps, { input: null });
    throw new Error("no");
  });
  await expect(asked).rejects.toThrow("no");
  expect(await claimOne(fixture)).toBeUndefined();
  const id = await fixture.start(twoSteps, { input: { vm: "a" }, subject: `Vm:${newId()}` });
  expect(await claimOne(fixture)).toMatchObject({
    record: { id, input: { vm: "a" }, token: 1, state: "pending", steps: [] },
  });
});

it("an operation whose subject is no type with a UUID is not started", async () => {
  const fixture = await operationsFixture();
  for (const subject of ["Vm", "Vm:a", `vm:${newId()}`, `:${newId()}`, `Vm:${newId()}:1`, ""])
    await expect(fixture.start(twoSteps, { input: null, subject })).rejects.toThrow("no type with a UUID");
  expect(await fixture.owner`select from operations`).toHaveLength(0);
});

it("what a step writes in its transaction is recorded as the operation's, with the actor and request that started it", async () => {
  const fixture = await operationsFixture();
  const settings = ["actor", "request_id", "operation_id"].map((name) => `current_setting('app.${name}')`).join(", ");
  const author = statement<{ author: string }>(() => sql.raw(`select concat_ws(' ', ${settings}) as author`));
  const definition = definitionOf([
    {
      type: "transaction",
      name: "one",
      ...limits,
      run: async (_call, tx) => (await tx.run(author))[0]?.author ?? null,
      undo: async () => undefined,
    },
  ]);
  const started = await fixture.service.write({ ...scope, requestId: "request-1" }, (tx) =>
    startOperation(tx, definition, { input: null }),
  );
  fixture.work([definition]);
  const { steps } = await fixture.reached(started.id, "done");
  expect(steps[0]?.result).toBe(`user:ada request-1 ${started.id}`);
});

it("case L9: an idempotency key starts one operation, and reports whether input and state are the same", async () => {
  const fixture = await operationsFixture();
  const ask = (input: object, { actor = "user:ada", tenantId = scope.tenantId } = {}) =>
    fixture.service.write({ tenantId, actor }, (tx) =>
      startOperation(tx, twoSteps, { input: input as { size: number }, idempotencyKey: "k" }),
    );
  const outcomes = await Promise.all(Array.from({ length: 4 }, () => ask({ size: 1 })));
  const [started] = outcomes.filter(({ outcome }) => outcome === "started");
  const id = started?.id ?? "";
  expect(outcomes.map(({ outcome }) => outcome).toSorted()).toEqual([
    "in progress",
    "in progress",
    "in progress",
    "started",
  ]);
  expect(new Set(outcomes.map((each) => each.id))).toEqual(new Set([id]));
  expect(await ask({ size: 2 })).toEqual({ outcome: "conflict", id });
  for (const other of [{ actor: "user:bob" }, { tenantId: newId() }])
    expect(await ask({ size: 1 }, other)).toMatchObject({ outcome: "started" });
  const { record, lease } = await claimed(fixture);
  expect(record.id).toBe(id);
  expect(await fixture.store.save(lease, record, { state: "done", next: "end" })).toBe(true);
  expect(await ask({ size: 1 })).toEqual({ outcome: "same", id, subject: null, state: "done" });
});

it("an operation is claimed by one worker at a time, and again when its lease has ended, with a higher token", async () => {
  const fixture = await operationsFixture();
  await fixture.start(twoSteps, { input: null });
  const first = await claimed(fixture, { leaseMs: 150 });
  expect(await claimOne(fixture)).toBeUndefined();
  await pass(fixture, 0.2);
  const second = await claimed(fixture);
  expect(second.record.token).toBe(first.record.token + 1);
  expect(await fixture.store.renew(first.lease, 60_000)).toBeUndefined();
  expect(await fixture.store.save(first.lease, first.record, attempted(0))).toBe(false);
  expect(await fixture.store.save(first.lease, second.record, attempted(0))).toBe(false);
  expect(await fixture.store.save(second.lease, second.record, attempted(0))).toBe(true);
});

it("case L11: a lease that has ended is not won back by a late renewal, even when no other worker has taken it", async () => {
  const fixture = await operationsFixture();
  await fixture.start(twoSteps, { input: null });
  const { lease, record } = await claimed(fixture, { leaseMs: 100 });
  await pass(fixture, 0.15);
  expect(await fixture.store.renew(lease, 60_000)).toBeUndefined();
  expect(await fixture.store.save(lease, record, attempted(0))).toBe(false);
  const outcome = await fixture.store.transact({
    lease,
    record,
    signal: new AbortController().signal,
    timeLimitMs: 1_000,
    run: async () => null,
    change: () => attempted(0),
  });
  expect(outcome.saved).toBe(false);
  expect(await fixture.owner`select from operation_steps`).toHaveLength(0);
});

it("a renewed lease lasts longer than it was first given", async () => {
  const fixture = await operationsFixture();
  await fixture.start(twoSteps, { input: null });
  const { lease } = await claimed(fixture, { leaseMs: 200 });
  expect(await fixture.store.renew(lease, 60_000)).toMatchObject({ token: 1 });
  await pass(fixture, 0.25);
  expect(await claimOne(fixture)).toBeUndefined();
});

it.each([10, -10])(
  "case L10: a worker whose clock is %i minutes off neither takes nor loses what is leased",
  async (minutes) => {
    const fixture = await operationsFixture();
    await fixture.start(twoSteps, { input: null });
    const { lease, record } = await claimed(fixture, { leaseMs: 30_000 });
    vi.useFakeTimers({ toFake: ["Date"] });
    vi.setSystemTime(Date.now() + minutes * 60_000);
    expect(await claimOne(fixture)).toBeUndefined();
    expect(await fixture.store.renew(lease, 30_000)).toMatchObject({ id: record.id });
    expect(await fixture.store.save(lease, record, attempted(0))).toBe(true);
  },
);

it("a record with an older token is refused, so that an attempt that was given up records nothing", async () => {
  const fixture = await operationsFixture();
  await fixture.start(twoSteps, { input: null });
  const { lease, record } = await claimed(fixture);
  expect(await fixture.store.save(lease, record, attempted(0))).toBe(true);
  expect(await fixture.store.save(lease, record, attempted(0))).toBe(false);
  expect(await fixture.store.renew(lease, 60_000)).toMatchObject({
    token: record.token + 1,
    steps: [{ name: "one", attempts: 1 }],
  });
});

it("a cancel is accepted until a step after the last safe point is attempted, and then names that step", async () => {
  const fixture = await operationsFixture();
  const cancel = (id: string, tenantId = scope.tenantId) =>
    fixture.service.write({ ...scope, tenantId }, (tx) => cancelOperation(tx, id));
  const early = await fixture.start(twoSteps, { input: null });
  const first = await claimed(fixture);
  expect(await cancel(early)).toEqual({ outcome: "requested" });
  expect(await fixture.store.save(first.lease, first.record, attempted(0))).toBe(false);
  const late = await fixture.start(twoSteps, { input: null });
  const second = await claimed(fixture);
  expect(await fixture.store.save(second.lease, second.record, attempted(1))).toBe(true);
  expect(await cancel(late)).toEqual({ outcome: "not cancellable", step: "two" });
  expect(await cancel(late, newId())).toEqual({ outcome: "not found" });
  const renewed = (await fixture.store.renew(second.lease, 60_000)) ?? second.record;
  expect(renewed.cancelRequested).toBe(false);
  expect(await fixture.store.save(second.lease, renewed, { state: "done", next: "end" })).toBe(true);
  expect(await cancel(late)).toEqual({ outcome: "ended", state: "done" });
});

it("a signal makes an operation claimable that waits for it or that will, and the first of a name counts", async () => {
  const fixture = await operationsFixture();
  const signal = (id: string, content: string) =>
    fixture.service.write(scope, (tx) => signalOperation(tx, id, "go", content));
  const wait: Change = { state: "waiting", waitingFor: "go", next: "rest" };
  for (const isEarly of [true, false]) {
    const id = await fixture.start(twoSteps, { input: null });
    const { lease, record } = await claimed(fixture);
    if (isEarly) expect(await signal(id, "first")).toBe(true);
    expect(await fixture.store.save(lease, record, wait)).toBe(true);
    if (!isEarly) {
      expect(await claimOne(fixture)).toBeUndefined();
      expect(await signal(id, "first")).toBe(true);
    }
    expect(await signal(id, "second")).toBe(true);
    const again = await claimed(fixture);
    expect(again.record).toMatchObject({ id, signals: { go: "first" }, state: "waiting" });
    expect(await fixture.store.save(again.lease, again.record, { state: "done", next: "end" })).toBe(true);
    expect(await signal(id, "third")).toBe(false);
  }
});

it("an operation that waits for a time is claimed when that has passed, by the database's clock", async () => {
  const fixture = await operationsFixture();
  await fixture.start(twoSteps, { input: null });
  const { lease, record } = await claimed(fixture);
  expect(await fixture.store.save(lease, record, { state: "waiting", next: { resumeInMs: 150 } })).toBe(true);
  expect(await claimOne(fixture)).toBeUndefined();
  await pass(fixture, 0.2);
  const { record: resumed } = await claimed(fixture);
  expect(resumed.resumesInMs).toBeLessThan(0);
});

it("a parked operation is abandoned only with consent, after what it leaves behind was listed", async () => {
  const fixture = await operationsFixture();
  const id = await fixture.start(twoSteps, { input: null });
  const abandon = (consent: boolean) => fixture.service.write(scope, (tx) => abandonOperation(tx, id, { consent }));
  expect(await abandon(true)).toEqual({ outcome: "not parked", state: "pending" });
  const { lease, record } = await claimed(fixture);
  const leftBehind = [{ step: "one", result: { claim: "c1" } }];
  expect(await fixture.store.save(lease, record, { state: "parked", leftBehind, next: "end" })).toBe(true);
  expect(await abandon(false)).toEqual({ outcome: "consent required", leftBehind });
  expect(await abandon(true)).toEqual({ outcome: "abandoned", leftBehind });
  expect(await abandon(true)).toEqual({ outcome: "not parked", state: "abandoned" });
});

it("what an operation was started with cannot be changed by the service", async () => {
  const fixture = await operationsFixture();
  await fixture.start(twoSteps, { input: null });
  for (const column of ["input", "kind", "tenant_id", "actor", "idempotency_key", "definition_version"]) {
    const changing = fixture.owner.begin(async (tx) => {
      await tx`set local role novacron_vms`;
      await tx.unsafe(`update operations set ${column} = ${column}`);
    });
    await expect(changing).rejects.toMatchObject({ code: "42501" });
  }
});
