import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { append } from "#db/event-log/append.ts";
import { inProcessBus } from "#db/event-log/buses/in-process.ts";
import type { EventBatch } from "#db/event-log/event-log.ts";
import { newId } from "#lib/uuid.ts";
import { asOwner } from "#tests/harness/server.ts";
import { type LogFixture, logFixture, someTenant, take, vmEvent, writeVmEvents } from "./log-fixture.ts";
import { until } from "./until.ts";

let fixture: LogFixture;
beforeAll(async () => {
  fixture = await logFixture();
});
afterAll(async () => {
  await fixture.stop();
});

/** Returns how many sessions wait for a lock that another session holds on the outbox. */
const waitingSessions = () =>
  asOwner(fixture.urls.url("auth"), async (owner) => {
    const [row] = await owner<{ waiting: number }[]>`
      select count(*)::int as waiting from pg_stat_activity where wait_event_type = 'Lock' and query like '%outbox%'`;
    return row?.waiting ?? 0;
  });

const upTo = (count: number) => Array.from({ length: count }, (_, index) => index + 1);

describe("a follower", () => {
  it("that is slow reads from the outbox, and the log keeps nothing in memory for it", async () => {
    const [tenantId, key] = [someTenant(), newId()];
    const bus = inProcessBus();
    const log = fixture.log([bus], { capacity: 20 });
    fixture.relay([bus], { domains: ["vms"] });
    const ended = new AbortController();
    const start = await log.head();
    const slow = log.follow(start, { tenantId, signal: ended.signal, batchSize: 50 });
    const given: number[] = [];
    const next = async () => {
      const batch = (await slow.next()).value as EventBatch;
      expect(batch.events.length).toBeLessThanOrEqual(50);
      given.push(...batch.events.map(({ entityVersion }) => entityVersion));
    };
    await writeVmEvents(fixture, tenantId, key, [1]);
    await next();
    // A quick follower shows that the events were received and evicted while the slow one was busy.
    const quick = take(log, 1_000, start, { tenantId });
    for (let version = 2; version <= 1_000; version += 37) {
      await writeVmEvents(fixture, tenantId, key, upTo(1_000).slice(version - 1, version + 36));
    }
    expect((await quick).map(({ entityVersion }) => entityVersion)).toEqual(upTo(1_000));
    while (given.length < 1_000) await next();
    expect(given).toEqual(upTo(1_000));
    ended.abort();
    await slow.return(undefined);
  });

  it("receives the requested types and tenant, and the position moves past all other events", async () => {
    const [mine, other, key] = [someTenant(), someTenant(), newId()];
    const log = fixture.log([], { pollMs: 20 });
    const start = await log.head();
    await writeVmEvents(fixture, mine, key, [1, 2]);
    await writeVmEvents(fixture, other, newId(), [1, 2]);
    await fixture.services.scheduler.write({ tenantId: mine }, (tx) =>
      append(tx, [{ type: "cluster.created", key: newId(), payload: { name: "east", status: "active" } }]),
    );
    const types = async (options: Parameters<typeof take>[3], count: number) =>
      (await take(log, count, start, options)).map(({ type, tenantId }) => [type, tenantId]);
    expect(await types({ types: ["vm.updated"] }, 2)).toEqual([
      ["vm.updated", mine],
      ["vm.updated", other],
    ]);
    expect(await types({ tenantId: other }, 2)).toEqual([
      ["vm.created", other],
      ["vm.updated", other],
    ]);
    expect(await types({ sources: ["scheduler"], tenantId: mine }, 1)).toEqual([["cluster.created", mine]]);
    const ended = new AbortController();
    const nothing = log.follow(start, { types: ["cluster_node.updated"], idleMs: 50, signal: ended.signal });
    const { value } = await nothing.next();
    expect(value).toEqual({ events: [], position: await log.head() });
    ended.abort();
    await nothing.return(undefined);
  });

  it("ends at once at its signal, whether it waits for events or for a database that does not respond", async () => {
    const log = fixture.log([], { pollMs: 20, capacity: 1 });
    const [tenantId, key] = [someTenant(), newId()];
    const start = await log.head(["vms"]);
    const endsAtOnce = async (ended: AbortController, waiting: Promise<unknown>) => {
      const begun = performance.now();
      ended.abort();
      expect(await waiting).toEqual({ done: true, value: undefined });
      // This is sooner than the database's timeout.
      expect(performance.now() - begun).toBeLessThan(700);
    };
    const follow = (batchSize = 500) => {
      const ended = new AbortController();
      return { ended, batches: log.follow(start, { sources: ["vms"], signal: ended.signal, batchSize }) };
    };
    const idle = follow();
    await endsAtOnce(idle.ended, idle.batches.next());

    const behind = follow(1);
    await writeVmEvents(fixture, tenantId, key, upTo(10));
    expect((await behind.batches.next()).done).toBe(false);
    await take(log, 10, start, { tenantId });
    const beginning = follow();
    await asOwner(fixture.urls.url("vms"), (owner) =>
      owner.begin(async (tx) => {
        await tx`lock table outbox_events in access exclusive mode`;
        // Both request events that are no longer in memory.
        for (const { ended, batches } of [behind, beginning]) {
          const waiting = batches.next();
          // The log itself also waits, because it polls the table.
          await until("the request waits for the table", async () => (await waitingSessions()) > 1);
          await endsAtOnce(ended, waiting);
        }
      }),
    );
  });

  it("continues without an unavailable database, and receives the missed events when it is available again", async () => {
    const log = fixture.log([], { pollMs: 50 });
    const [tenantId, key] = [someTenant(), newId()];
    const start = await log.head();
    const taking = take(log, 4, start, { tenantId });
    await writeVmEvents(fixture, tenantId, key, [1]);
    const name = new URL(fixture.urls.url("vms")).pathname.slice(1);
    const elsewhere = <T>(text: string) =>
      asOwner(fixture.urls.url("auth"), async (owner) => (await owner.unsafe(text)) as unknown as T[]);
    await elsewhere(`alter database ${name} with allow_connections false`);
    await elsewhere(`select pg_terminate_backend(pid) from pg_stat_activity where datname = '${name}'`);
    await expect(writeVmEvents(fixture, tenantId, key, [2])).rejects.toThrow(
      /cannot be reached|not currently accepting connections/,
    );
    // Following the other databases continues.
    await fixture.services.scheduler.write({ tenantId }, (tx) =>
      append(tx, [{ type: "cluster.created", key, payload: { name: "east", status: "active" } }]),
    );
    expect(await take(log, 1, { ...start }, { tenantId, sources: ["scheduler"] })).toHaveLength(1);
    await elsewhere(`alter database ${name} with allow_connections true`);
    await writeVmEvents(fixture, tenantId, key, [2, 3]);
    const given = await taking;
    const ofVms = given.filter(({ source }) => source === "vms").map(({ entityVersion }) => entityVersion);
    expect(ofVms).toEqual([1, 2, 3]);
  });

  it("leaves neither a listener on its signal nor a timer behind with each batch", async () => {
    const log = fixture.log([], { pollMs: 10 });
    const ended = new AbortController();
    const { signal } = ended;
    const added = vi.spyOn(signal, "addEventListener");
    const removed = vi.spyOn(signal, "removeEventListener");
    const [tenantId, key] = [someTenant(), newId()];
    const following = log.follow(await log.head(), { tenantId, signal });
    for (let version = 1; version <= 20; version += 1) {
      await fixture.services.vms.write({ tenantId }, (tx) => append(tx, [vmEvent(key, version)]));
      expect((await following.next()).done).toBe(false);
    }
    expect(added).toHaveBeenCalled();
    for (const [type, listener] of added.mock.calls) expect(removed).toHaveBeenCalledWith(type, listener);
    ended.abort();
    await following.return(undefined);
  });
});
