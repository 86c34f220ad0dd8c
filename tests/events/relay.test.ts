import { sql } from "drizzle-orm";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { append } from "#db/event-log/append.ts";
import { inProcessBus } from "#db/event-log/buses/in-process.ts";
import type { EventLog } from "#db/event-log/event-log.ts";
import { statement } from "#db/statement.ts";
import { newId } from "#lib/uuid.ts";
import { type LogFixture, logFixture, someTenant, take, vmEvent, writeVmEvents } from "./log-fixture.ts";

// No poll of an outbox happens within this time, so every event that arrives was announced.
const never = 3_600_000;

let fixture: LogFixture;
let log: EventLog;
const tenantId = someTenant();
beforeEach(async () => {
  fixture = await logFixture();
  const bus = inProcessBus();
  log = fixture.log([bus], { pollMs: never });
  fixture.relay([bus], { domains: ["vms"], pollMs: never });
  await vi.waitUntil(asleep, { timeout: 10_000 });
});
afterEach(async () => {
  await fixture.stop();
});

const sleeping = statement<{ relays: number }>(
  () => sql`
    select count(*)::int as relays from pg_locks where locktype = 'advisory' and classid = 7236986 and granted
      and mode = 'ExclusiveLock' and database = (select oid from pg_database where datname = current_database())`,
);
const asleep = async () => (await fixture.systems.vms.run(sleeping))[0]?.relays === 1;

/** Opens a transaction that has appended an event and ends when the test requests it. */
async function openWriter(key: string): Promise<{ end(how: "commit" | "roll back"): Promise<void> }> {
  let end: (how: "commit" | "roll back") => void = () => undefined;
  const ended = new Promise<"commit" | "roll back">((resolve) => (end = resolve));
  let appended: () => void = () => undefined;
  const ready = new Promise<void>((resolve) => (appended = resolve));
  const writing = fixture.services.vms
    .write({ tenantId }, async (tx) => {
      await append(tx, [vmEvent(key, 1)]);
      appended();
      if ((await ended) === "roll back") throw new Error("rolled back");
    })
    .catch((error: Error) => {
      if (error.message !== "rolled back") throw error;
    });
  await ready;
  return {
    end: (how) => {
      end(how);
      return writing;
    },
  };
}

it("a sleeping relay is woken by a writer, and again by the next one", async () => {
  for (let round = 0; round < 3; round += 1) {
    await expect.poll(asleep).toBe(true);
    const start = await log.head();
    const taking = take(log, 1, start, { tenantId });
    await writeVmEvents(fixture, tenantId, newId(), [1]);
    expect(await taking).toHaveLength(1);
  }
});

it("events that an open writer holds back arrive when it ends, even when it rolls back and announces nothing", async () => {
  const start = await log.head();
  const [slow, quick] = [newId(), newId()];
  const first = await openWriter(slow);
  await writeVmEvents(fixture, tenantId, quick, [1]);
  const taking = take(log, 1, start, { tenantId });
  await first.end("roll back");
  expect((await taking).map(({ entityKey }) => entityKey)).toEqual([quick]);
  await expect.poll(asleep).toBe(true);
});

it("a relay does not miss the commit of a writer that found it awake", async () => {
  const start = await log.head();
  const holding = await openWriter(newId());
  // The relay is awake from here on, because the first writer's event is not settled.
  await writeVmEvents(fixture, tenantId, newId(), [1]);
  await expect.poll(asleep).toBe(false);
  const second = await openWriter(newId());
  await holding.end("roll back");
  expect(await take(log, 1, start, { tenantId })).toHaveLength(1);
  const taking = take(log, 2, start, { tenantId });
  await second.end("commit");
  expect(await taking).toHaveLength(2);
});
