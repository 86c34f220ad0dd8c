import { sql } from "drizzle-orm";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { WriteTx } from "#db/client.ts";
import { domains } from "#db/columns.ts";
import { runConsumer } from "#db/event-log/consumer.ts";
import { cancelOperation, startOperation } from "#db/operations/requests.ts";
import {
  checkOperationProjection,
  operationProjection,
  rebuildOperationProjection,
} from "#db/projections/operation-projection.ts";
import {
  applyOperationEvents,
  type OperationEvent,
  operationProjectionScope,
} from "#db/projections/projected-operations.ts";
import { statement } from "#db/statement.ts";
import type { OperationDefinition } from "#lib/operations/definition.ts";
import { newOperationId } from "#lib/operations/operation-id.ts";
import { checkProjection, rebuildProjection } from "#runtime/events/projections.ts";
import { newId } from "#lib/uuid.ts";
import { asOwner } from "#tests/harness/server.ts";
import { type LogFixture, logFixture } from "./log-fixture.ts";
import { until } from "./until.ts";

const tenantId = newId();
const definition: OperationDefinition<WriteTx> = {
  kind: "projected",
  version: 1,
  steps: [{ type: "wait", name: "hold", until: { signal: "go" } }],
};
const same = { missing: [], extra: [], different: [] };
const subject = `Vm:${newId()}`;

const advisoryLocks = statement<{ count: number }>(
  () => sql`select count(*)::int as count from pg_locks where locktype = 'advisory' and pid = pg_backend_pid()`,
);

let fixture: LogFixture;
beforeEach(async () => {
  fixture = await logFixture();
});
afterEach(() => fixture.stop());

const between = (domain: (typeof domains)[number]) => ({
  source: fixture.systems[domain],
  target: fixture.systems.vms,
});
const start = (domain: (typeof domains)[number]) =>
  fixture.services[domain].write(
    { tenantId, actor: "user:ada" },
    async (tx) => (await startOperation(tx, definition, { input: null, subject })).id,
  );
const inSource = (domain: (typeof domains)[number], text: string) =>
  asOwner(fixture.urls.url(domain), (owner) => owner.unsafe(text));
const projected = (id: string) =>
  asOwner(
    fixture.urls.url("vms"),
    async (owner) =>
      (
        await owner<{ state: string; version: number }[]>`
          select state, version, kind, actor, subject_type || ':' || subject_id as subject from projected_operations where id = ${id}`
      )[0],
  );
/** The events of the graph about an operation: `operation.created`, `operation.updated`, `operation.deleted`. */
const announced = (id: string) =>
  asOwner(fixture.urls.url("vms"), async (owner) =>
    (
      await owner<
        { type: string }[]
      >`select type from outbox_events where entity_key = ${id} and type like 'operation.%' order by id`
    ).map(({ type }) => type),
  );
const apply = (...events: OperationEvent[]) =>
  fixture.systems.vms.write(operationProjectionScope, (tx) => applyOperationEvents(tx, events));

const id = newOperationId("federation");
const event = (change: "created" | "updated" | "deleted", entityVersion: number, state: string): OperationEvent =>
  ({
    type: `federation_operation.${change}`,
    entityKey: id,
    entityVersion,
    tenantId,
    payload: {
      kind: "projected",
      subject,
      state,
      actor: "user:ada",
      createdAt: new Date(0).toISOString(),
      endedAt: null,
    },
  }) as OperationEvent;

describe("the projection of operations", () => {
  it("has the latest state, whatever order the events come in and however often", async () => {
    await apply(event("updated", 3, "waiting"), event("created", 1, "pending"), event("updated", 2, "running"));
    expect(await projected(id)).toMatchObject({ state: "waiting", version: 3, subject, actor: "user:ada" });
    await apply(event("updated", 2, "running"));
    await apply(event("updated", 3, "waiting"));
    expect(await projected(id)).toMatchObject({ state: "waiting", version: 3 });
    expect(await announced(id)).toEqual(["operation.created"]);
    await apply(event("updated", 4, "done"));
    expect(await projected(id)).toMatchObject({ state: "done", version: 4 });
    expect(await announced(id)).toEqual(["operation.created", "operation.updated"]);
  });

  it("has an operation whose subject has no UUID, without the id", async () => {
    const created = event("created", 1, "pending");
    await apply({ ...created, payload: { ...created.payload, subject: "Template:ubuntu" } });
    expect(await projected(id)).toMatchObject({ state: "pending", subject: null });
    await apply(event("updated", 2, "running"));
    expect(await projected(id)).toMatchObject({ state: "running", subject });
  });

  it("forgets an operation that was removed, also when its last events come together", async () => {
    await apply(event("created", 1, "pending"));
    await apply(event("updated", 2, "done"), event("deleted", 3, "done"));
    expect(await projected(id)).toBeUndefined();
    expect(await announced(id)).toEqual(["operation.created", "operation.deleted"]);
    await apply(event("deleted", 3, "done"));
    expect(await announced(id)).toHaveLength(2);
  });

  it("follows all five databases", async () => {
    const ended = new AbortController();
    const { signal } = ended;
    const log = fixture.log([], { pollMs: 20, signal });
    const running = Promise.all(
      domains.map((domain) =>
        runConsumer(operationProjection(between(domain)), { system: fixture.systems.vms, log, signal }),
      ),
    );
    const ids = await Promise.all(domains.map(start));
    for (const each of ids) await until("it is projected", () => projected(each));
    const [ofAuth = ""] = ids;
    await fixture.services.auth.write({ tenantId, actor: "user:bob" }, (tx) => cancelOperation(tx, ofAuth));
    await until(
      "the projection equals its sources",
      async () => (await checkProjection(fixture.systems, "vms")).isRight,
    );
    expect((await checkProjection(fixture.systems, "vms")).report).toMatchObject({
      ...same,
      operations: domains.length,
    });
    ended.abort();
    await running;
  });

  it("is right while operations are claimed, renewed and signalled, which have no events; with a version that its source has not reached it is different", async () => {
    const claimed = await start("federation");
    await rebuildProjection(fixture.systems, "vms");
    await inSource("federation", `update operations set version = version + 3 where id = '${claimed}'`);
    expect(await checkOperationProjection(between("federation"))).toEqual({ ...same, operations: 1 });
    await inSource("vms", `update projected_operations set version = 9 where id = '${claimed}'`);
    expect(await checkOperationProjection(between("federation"))).toMatchObject({ different: [claimed] });
  });

  it("is rebuilt with little more than 200 locks in a transaction, however many operations have ended", async () => {
    await inSource(
      "federation",
      `insert into operations (id, tenant_id, kind, definition_version, input, state, ended_at, claimable_at)
       select gen_random_uuid(), '${tenantId}', 'projected', 1, 'null', 'done', now(), null from generate_series(1, 1100)`,
    );
    const { source, target } = between("federation");
    const counts: number[] = [];
    const counted: typeof target = {
      ...target,
      write: (scope, work) =>
        target.write(scope, async (tx) => {
          const result = await work(tx);
          const [locks] = await tx.run(advisoryLocks);
          counts.push(locks?.count ?? 0);
          return result;
        }),
    };
    await rebuildOperationProjection({ source, target: counted });
    // Of operations, and of the event log.
    expect(Math.max(...counts)).toBeLessThan(210);
    expect(counts.length).toBeGreaterThan(5);
  });

  it("is reported as different where a row was changed, lost or invented, and is repaired by a rebuild", async () => {
    const [changed, lost, untouched] = [await start("federation"), await start("federation"), await start("scheduler")];
    expect(await rebuildProjection(fixture.systems, "vms")).toEqual({ operations: 3 });
    expect(await checkOperationProjection(between("federation"))).toEqual({ ...same, operations: 2 });
    const invented = newOperationId("federation");
    await inSource(
      "vms",
      `update projected_operations set version = version + 9, state = 'done', kind = 'x' where id = '${changed}'`,
    );
    await inSource("vms", `delete from projected_operations where id = '${lost}'`);
    await inSource(
      "vms",
      `insert into projected_operations (id, tenant_id, kind, state, created_at, version) values ('${invented}', '${tenantId}', 'x', 'done', now(), 1)`,
    );
    const wrong = { operations: 2, missing: [lost], extra: [invented], different: [changed] };
    expect(await checkOperationProjection(between("federation"))).toEqual(wrong);
    expect(await checkOperationProjection(between("scheduler"))).toEqual({ ...same, operations: 1 });
    await rebuildOperationProjection(between("federation"));
    expect(await checkOperationProjection(between("federation"))).toEqual({ ...same, operations: 2 });
    expect(await announced(invented)).toEqual(["operation.deleted"]);
    expect(await projected(untouched)).toBeDefined();
  });
});
