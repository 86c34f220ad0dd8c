import { sql } from "drizzle-orm";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { append } from "#db/event-log/append.ts";
import { inProcessCarrier } from "#db/event-log/carriers/in-process.ts";
import type { EventLog } from "#db/event-log/event-log.ts";
import { statement } from "#db/statement.ts";
import { newId } from "#lib/uuid.ts";
import { type LogFixture, logFixture, someTenant, take, vmEvent, writeVmEvents } from "./log-fixture.ts";

// Nobody looks into an outbox within this: whatever arrives was told.
const never = 3_600_000;

let fixture: LogFixture;
let log: EventLog;
const tenantId = someTenant();
beforeEach(async () => {
  fixture = await logFixture();
  const carrier = inProcessCarrier();
  log = fixture.log([carrier], { pollMs: never });
  fixture.relay([carrier], { domains: ["vms"], pollMs: never });
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

/** A transaction that has appended an event and is ended when the test says so. */
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

it("what a writer holds up arrives when it has ended, also when it is rolled back and tells nobody", async () => {
  const start = await log.head();
  const [slow, quick] = [newId(), newId()];
  const first = await openWriter(slow);
  await writeVmEvents(fixture, tenantId, quick, [1]);
  const taking = take(log, 1, start, { tenantId });
  await first.end("roll back");
  expect((await taking).map(({ entityKey }) => entityKey)).toEqual([quick]);
  await expect.poll(asleep).toBe(true);
});

it("a relay does not sleep through the commit of a writer that found it awake", async () => {
  const start = await log.head();
  const holding = await openWriter(newId());
  // Awake from here on: what the first one will write is not settled.
  await writeVmEvents(fixture, tenantId, newId(), [1]);
  await expect.poll(asleep).toBe(false);
  const second = await openWriter(newId());
  await holding.end("roll back");
  expect(await take(log, 1, start, { tenantId })).toHaveLength(1);
  const taking = take(log, 2, start, { tenantId });
  await second.end("commit");
  expect(await taking).toHaveLength(2);
});
