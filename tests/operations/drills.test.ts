import { expect, it } from "vitest";
import { abandonOperation, cancelOperation, startOperation } from "#db/operations/requests.ts";
import { platformTenantId } from "#lib/trust/platform-tenant.ts";
import { anonymous, type Identity, type RequestContext } from "#lib/trust/request-context.ts";
import { newId } from "#lib/uuid.ts";
import { drill } from "#subgraphs/vms/operations/drill.ts";
import { type DrillRequest, signalDrill, startDrill } from "#subgraphs/vms/operations/drills.ts";
import { type Fixture, operationsFixture } from "./fixture.ts";
import { until } from "#tests/events/until.ts";
import { kill } from "#tests/embedded/embedded-fixture.ts";
import { startWorkerProcess } from "./worker-processes.ts";

const administrator: Identity = {
  kind: "user",
  id: "0197a000-ffff-7000-8000-000000000002",
  tenantId: platformTenantId,
  permissions: ["*"],
};
const as = (identity: Identity): RequestContext => ({ identity, requestId: "test", deadline: Date.now() + 30_000 });

async function drillFixture() {
  const fixture = await operationsFixture({ tenantId: platformTenantId });
  const services = { database: fixture.service };
  const start = (asked: DrillRequest, identity = administrator) => startDrill(services, as(identity), asked);
  const go = (id: string, identity = administrator) => signalDrill(services, as(identity), { id });
  return {
    ...fixture,
    startDrill: start,
    go,
    /** Starts a drill, and returns its id. */
    started: async (asked: DrillRequest): Promise<string> => {
      const outcome = await start(asked);
      if (outcome.kind !== "done") throw new Error(`The drill was not started: ${JSON.stringify(outcome)}`);
      return outcome.value.operationId;
    },
    workOnDrills: () => fixture.work([drill]),
  };
}
const workAttempted = ({ owner }: Fixture, id: string) =>
  until("the drill works", async () => {
    const found = await owner`select from operation_steps where operation_id = ${id} and name = 'work'`;
    return found.length > 0;
  });

it("a drill waits until it is signalled, works as long as it was asked to, and ends", async () => {
  const fixture = await drillFixture();
  fixture.workOnDrills();
  const id = await fixture.started({ workSeconds: 1 });
  await fixture.reached(id, "waiting");
  // The second signal changes nothing.
  for (let times = 0; times < 2; times += 1)
    expect(await fixture.go(id)).toMatchObject({ kind: "done", value: { operationId: id } });
  expect((await fixture.reached(id, "done")).steps.map(({ name, state }) => `${name} ${state}`)).toEqual([
    "begin done",
    "hold done",
    "work done",
    "finish done",
  ]);
  const [row] = await fixture.owner`
    select tenant_id, actor, extract(epoch from ended_at - created_at)::float8 >= 1 as "isLong" from operations where id = ${id}`;
  expect(row).toMatchObject({ tenant_id: platformTenantId, actor: `user:${administrator.id}`, isLong: true });
});

it("a drill fails at the step that it was asked to fail at, and is undone, or is parked when its undo fails too", async () => {
  const fixture = await drillFixture();
  fixture.workOnDrills();
  const run = async (asked: DrillRequest) => {
    const id = await fixture.started({ workSeconds: 0, ...asked });
    await fixture.go(id);
    return { id, ...(await fixture.reached(id, "compensated", "parked")) };
  };
  const [begin, work, finish, stuck] = await Promise.all([
    run({ failsAt: "begin" }),
    run({ failsAt: "work" }),
    run({ failsAt: "finish" }),
    run({ failsAt: "work", undoFailsAt: "begin" }),
  ]);
  for (const [step, ended] of Object.entries({ begin, work, finish }))
    expect(ended).toMatchObject({ state: "compensated", error: { code: "DRILL_FAILED", step } });
  expect(stuck).toMatchObject({ state: "parked", left: [{ step: "begin", result: null }] });
  const abandoned = await fixture.service.write(fixture.scope, (tx) =>
    abandonOperation(tx, stuck.id, { consent: true }),
  );
  expect(abandoned).toMatchObject({ outcome: "abandoned" });
});

it("a drill that works is cancelled at once, whatever time its work takes", async () => {
  const fixture = await drillFixture();
  fixture.workOnDrills();
  const id = await fixture.started({ workSeconds: 600 });
  await fixture.go(id);
  await workAttempted(fixture, id);
  const cancelled = await fixture.service.write(fixture.scope, (tx) => cancelOperation(tx, id));
  expect(cancelled).toEqual({ outcome: "requested" });
  expect(await fixture.reached(id, "compensated")).toMatchObject({ error: { code: "CANCELLED" } });
});

it("case L9: a key in use conflicts with another input or kind, the first drill goes on, and is resumed after kill -9", async () => {
  const fixture = await drillFixture();
  const { url } = fixture;
  const asked = { workSeconds: 1, idempotencyKey: "once" };
  const worker = await startWorkerProcess({ url, leaseMs: 500 });
  const id = await fixture.started(asked);
  await fixture.go(id);
  await workAttempted(fixture, id);
  const refusedWith = (code: string) => ({
    kind: "refused",
    userErrors: [{ code, field: ["idempotencyKey"], operationId: id, message: expect.stringContaining(id) as string }],
  });
  expect(await fixture.startDrill({ ...asked, workSeconds: 2 })).toEqual(refusedWith("IDEMPOTENCY_CONFLICT"));
  expect(await fixture.startDrill({ ...asked, failsAt: "work" })).toEqual(refusedWith("IDEMPOTENCY_CONFLICT"));
  expect(await fixture.startDrill(asked)).toEqual(refusedWith("IDEMPOTENCY_IN_PROGRESS"));
  const another = { ...drill, kind: "another" };
  const { id: actorId } = administrator;
  const input = { workSeconds: 1, failsAt: null, undoFailsAt: null };
  const otherKind = fixture.service.write({ ...fixture.scope, actor: `user:${actorId}` }, (tx) =>
    startOperation(tx, another, { input, idempotencyKey: "once" }),
  );
  expect(await otherKind).toEqual({ outcome: "conflict", id });
  await kill(worker.child);
  await startWorkerProcess({ url, leaseMs: 500 });
  const { steps } = await fixture.reached(id, "done");
  expect(steps.find(({ name }) => name === "work")).toMatchObject({ attempts: 2 });
  expect(await fixture.startDrill(asked)).toMatchObject({ kind: "done", value: { operationId: id } });
  expect(await fixture.owner`select from operations`).toHaveLength(1);
});

it("only administrators of the platform start and signal drills, which are the platform's wherever they act", async () => {
  const fixture = await drillFixture();
  const { id: stranger } = administrator;
  const tenantId = newId();
  const refused: [Identity, object][] = [
    [anonymous, { code: "UNAUTHENTICATED" }],
    [
      { kind: "user", id: stranger, tenantId, permissions: ["*"] },
      { code: "FORBIDDEN", details: { policy: "platform" } },
    ],
    [
      { ...administrator, permissions: ["operation:read", "vm:*"] },
      { code: "FORBIDDEN", details: { permission: "operation:drill" } },
    ],
  ];
  const id = await fixture.started({});
  for (const [identity, error] of refused) {
    await expect(fixture.startDrill({}, identity)).rejects.toMatchObject(error);
    await expect(fixture.go(id, identity)).rejects.toMatchObject(error);
  }
  const visitor = { ...administrator, tenantId, userTenantId: platformTenantId, permissions: ["operation:drill"] };
  expect(await fixture.startDrill({}, visitor)).toMatchObject({ kind: "done" });
  expect(await fixture.go(id, visitor)).toMatchObject({ kind: "done" });
  const tenants = await fixture.owner`select distinct tenant_id from operations`;
  expect(tenants.map((row) => row["tenant_id"] as string)).toEqual([platformTenantId]);
});

it.each<[string, object]>([
  ["input.workSeconds", { workSeconds: -1 }],
  ["input.workSeconds", { workSeconds: 601 }],
  ["input.workSeconds", { workSeconds: 0.5 }],
  ["input.workSeconds", { workSeconds: Number.NaN }],
  ["input.failsAt", { failsAt: "hold" }],
  ["input.failsAt", { failsAt: "" }],
  ["input.undoFailsAt", { undoFailsAt: "finish" }],
  ["input.idempotencyKey", { idempotencyKey: "" }],
  ["input.idempotencyKey", { idempotencyKey: "two words" }],
  ["input.idempotencyKey", { idempotencyKey: "k".repeat(256) }],
  ["input.idempotencyKey", { idempotencyKey: "a\u0000b" }],
])("a drill with an invalid %s is not started: %j", async (argument, asked) => {
  const database = {
    write: () => Promise.reject(new Error("Nothing may be written.")),
  } as unknown as Fixture["service"];
  const starting = startDrill({ database }, as(administrator), asked);
  await expect(starting).rejects.toMatchObject({ code: "BAD_USER_INPUT", details: { argument } });
});

it("a signal to what is no running drill of the platform is not there", async () => {
  const fixture = await drillFixture();
  fixture.workOnDrills();
  const ended = await fixture.started({ failsAt: "begin" });
  await fixture.reached(ended, "compensated");
  const another = { ...drill, kind: "another" };
  const ofAnotherKind = await fixture.start(another, { input: { workSeconds: 0, failsAt: null, undoFailsAt: null } });
  for (const id of [ended, ofAnotherKind, newId(), "no id"])
    expect(await fixture.go(id)).toEqual({ kind: "not there", what: "running drill" });
  expect(await fixture.owner`select from operations where signals <> '{}'`).toHaveLength(0);
});
