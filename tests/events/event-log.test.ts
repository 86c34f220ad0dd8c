import { sql } from "drizzle-orm";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { append } from "#db/event-log/append.ts";
import { inProcessBus } from "#db/event-log/buses/in-process.ts";
import { notifyBus } from "#db/event-log/buses/notify.ts";
import { statement } from "#db/statement.ts";
import { parsePosition, positionText } from "#lib/live/event-position.ts";
import { newId } from "#lib/uuid.ts";
import { asOwner } from "#tests/harness/server.ts";
import { type LogFixture, logFixture, placed, someTenant, take, vmEvent, writeVmEvents } from "./log-fixture.ts";

let fixture: LogFixture;
beforeEach(async () => {
  fixture = await logFixture();
});
afterEach(async () => {
  await fixture.stop();
});

describe("an event", () => {
  it("states what changed, its tenant, its actor and its request", async () => {
    const [tenantId, key] = [someTenant(), newId()];
    await fixture.services.vms.write({ tenantId, actor: "user:ada", requestId: "r-1" }, (tx) =>
      append(tx, [vmEvent(key, 3, "web-01")]),
    );
    const { events } = await fixture.log().read("oldest", { limit: 10 });
    expect(events).toEqual([
      {
        source: "vms",
        transaction: expect.any(Number),
        id: 1,
        eventId: expect.stringMatching(/^[0-9a-f-]{36}$/),
        type: "vm.updated",
        version: 1,
        tenantId,
        entityType: "Vm",
        entityKey: key,
        entityVersion: 3,
        occurredAt: expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/),
        actor: "user:ada",
        requestId: "r-1",
        payload: { name: "web-01", state: "running", nodeId: null, ownerId: key, tags: {} },
      },
    ]);
  });

  it("does not exist when its transaction rolls back", async () => {
    const tenantId = someTenant();
    const broken = fixture.services.vms.write({ tenantId }, async (tx) => {
      await append(tx, [vmEvent(newId(), 1)]);
      throw new Error("failure after the append");
    });
    await expect(broken).rejects.toThrow("failure after the append");
    expect((await fixture.log().read("oldest", { limit: 10 })).events).toEqual([]);
  });

  it("that is too large is refused before its transaction commits, with an error that names its type", async () => {
    const tenantId = someTenant();
    const large = fixture.services.vms.write({ tenantId }, (tx) =>
      append(tx, [vmEvent(newId(), 1, "n".repeat(9_000))]),
    );
    await expect(large).rejects.toMatchObject({ code: "EVENT_TOO_LARGE", details: { event: "vm.created" } });
  });

  it("of a tenant other than the transaction's is refused by the database", async () => {
    const other = fixture.services.vms.write({ tenantId: someTenant() }, (tx) =>
      append(tx, [{ ...vmEvent(newId(), 1), tenantId: someTenant() }]),
    );
    await expect(other).rejects.toMatchObject({ code: "42501" });
  });

  it("cannot be read by the service that wrote it", async () => {
    const reading = asOwner(fixture.urls.url("vms"), (owner) =>
      owner.begin(async (tx) => {
        await tx`set local role novacron_vms`;
        return tx`select from outbox_events`;
      }),
    );
    await expect(reading).rejects.toMatchObject({ code: "42501" });
  });
});

describe("the order of a log", () => {
  it("never passes a transaction that is still running, and misses none of its events", async () => {
    const tenantId = someTenant();
    const [slow, quick] = [newId(), newId()];
    const log = fixture.log();
    let release: () => void = () => undefined;
    const held = new Promise<void>((resolve) => (release = resolve));
    let appended: () => void = () => undefined;
    const ready = new Promise<void>((resolve) => (appended = resolve));
    const writing = writeVmEvents(fixture, tenantId, slow, [1], async () => {
      appended();
      await held;
    });
    await ready;
    await writeVmEvents(fixture, tenantId, quick, [1]);
    expect((await log.read("oldest", { limit: 10 })).events).toEqual([]);
    release();
    await writing;
    const { events } = await log.read("oldest", { limit: 10 });
    expect(events.map(({ entityKey }) => entityKey)).toEqual([slow, quick]);
  });

  it("is the order in which an entity was written, even when the later writer's transaction is older", async () => {
    const tenantId = someTenant();
    const vm = newId();
    await fixture.services.vms.write({ tenantId }, async (later) => {
      await later.run(takeTransactionId);
      await writeVmEvents(fixture, tenantId, vm, [1]);
      // As if it had waited for the row of the VM until now.
      await append(later, [vmEvent(vm, 2)]);
    });
    const { events } = await fixture.log().read("oldest", { limit: 10 });
    expect(events.map(({ entityVersion }) => entityVersion)).toEqual([1, 2]);
    expect(events[0]?.transaction).toBeGreaterThan(events[1]?.transaction ?? Infinity);
  });

  it("is kept by a writer that rolls back to a savepoint and writes again", async () => {
    const [tenantId, vm] = [someTenant(), newId()];
    await fixture.services.vms.write({ tenantId }, async (tx) => {
      await tx.run(statement(() => sql`savepoint before`));
      await append(tx, [vmEvent(newId(), 1)]);
      await tx.run(statement(() => sql`rollback to savepoint before`));
      await writeVmEvents(fixture, tenantId, newId(), [1]);
      await append(tx, [vmEvent(vm, 1)]);
      await placed(tx);
      // The second event is announced like the first, so no reader reads past it.
      await writeVmEvents(fixture, tenantId, newId(), [1]);
      expect((await fixture.log().read("oldest", { limit: 10 })).events).toHaveLength(1);
    });
    expect((await fixture.log().read("oldest", { limit: 10 })).events).toHaveLength(3);
  });
});

const takeTransactionId = statement(() => sql`select pg_current_xact_id()::text`);

describe("following a log", () => {
  it.each(["in-process", "notify"])("delivers existing and new events, with the bus %s", async (name) => {
    const bus = name === "notify" ? notifyBus({ databases: fixture.systems, url: fixture.urls.url }) : inProcessBus();
    // The interval is so long that polling finds nothing.
    const log = fixture.log([bus], { pollMs: 3_600_000 });
    const [tenantId, key] = [someTenant(), newId()];
    const start = await log.head();
    await writeVmEvents(fixture, tenantId, key, [1, 2]);
    const taking = take(log, 4, start, { tenantId });
    fixture.relay([bus]);
    await writeVmEvents(fixture, tenantId, key, [3, 4]);
    expect((await taking).map(({ entityVersion }) => entityVersion)).toEqual([1, 2, 3, 4]);
  });

  it("needs no bus: polling finds events that nothing announced", async () => {
    const log = fixture.log([], { pollMs: 50 });
    const start = await log.head();
    const tenantId = someTenant();
    const taking = take(log, 1, start, { tenantId });
    await writeVmEvents(fixture, tenantId, newId(), [1]);
    expect(await taking).toHaveLength(1);
  });

  it("resumes from the text form of a position", async () => {
    const log = fixture.log();
    const tenantId = someTenant();
    const key = newId();
    await writeVmEvents(fixture, tenantId, key, [1, 2, 3]);
    const first = await log.read("oldest", { limit: 2, sources: ["vms"] });
    expect(first.more).toBe(true);
    const rest = await log.read(parsePosition(positionText(first.position)), { limit: 2, sources: ["vms"] });
    expect(rest.events.map(({ entityVersion }) => entityVersion)).toEqual([3]);
  });
});
