import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { consumerPosition } from "#db/event-log/consumer.ts";
import { removeOldEvents } from "#db/event-log/retention.ts";
import { readLogState } from "#db/event-log/stored-events.ts";
import { newId } from "#lib/uuid.ts";
import { asOwner } from "#tests/harness/server.ts";
import { type LogFixture, logFixture, someTenant, writeVmEvents } from "./log-fixture.ts";

const hour = 3_600;
const onlyVms = { sources: ["vms"] as const, limit: 100 };

let fixture: LogFixture;
beforeAll(async () => {
  fixture = await logFixture();
});
afterAll(async () => {
  await fixture.stop();
});
beforeEach(async () => {
  await owner(`truncate outbox_events, event_relay_checkpoints, consumed_events; alter sequence outbox_events_id_seq restart;
    update event_log set horizon_id = 0`);
});

const owner = <Row extends object>(text: string) =>
  asOwner(fixture.urls.url("vms"), async (sql) => (await sql.unsafe(text)) as unknown as Row[]);
const kept = async () =>
  (await owner<{ id: number }>("select id::int from outbox_events order by id")).map(({ id }) => id);

/** Writes `count` events as if this many hours ago, into the partition of that time. */
async function written(hoursAgo: number, count: number): Promise<void> {
  const [before] = await owner<{ last: number }>("select coalesce(max(id), 0)::int as last from outbox_events");
  const versions = Array.from({ length: count }, (_, index) => index + 1);
  await writeVmEvents(fixture, someTenant(), newId(), versions);
  await owner(`update outbox_events set occurred_at = now() - interval '${hoursAgo} hours',
    slot = (floor(extract(epoch from now() - interval '${hoursAgo} hours') / 21600)::bigint % 16)::smallint where id > ${before?.last ?? 0}`);
}

/** Records a relay's checkpoint: it had announced everything up to this id by that time. */
const delivered = (hoursAgo: number, id: number) =>
  owner(`insert into event_relay_checkpoints values (now() - interval '${hoursAgo} hours', ${id})`);

describe("retention", () => {
  it("removes a partition whose last event was delivered before the retention period, and no other", async () => {
    await written(40, 3);
    await written(20, 2);
    await written(1, 2);
    await delivered(39, 3);
    await delivered(19, 5);
    await delivered(1, 7);
    expect(await removeOldEvents(fixture.systems.vms, 24 * hour)).toBe(1);
    expect(await kept()).toEqual([4, 5, 6, 7]);
    expect((await readLogState(fixture.systems.vms)).oldest.id).toBe(3);
    expect(await removeOldEvents(fixture.systems.vms, 24 * hour)).toBe(0);
    expect(await removeOldEvents(fixture.systems.vms, 12 * hour)).toBe(1);
    expect(await kept()).toEqual([6, 7]);
  });

  it("counts from the delivery: an old event that was delivered only now stays as long as a new one", async () => {
    await written(60, 3);
    await delivered(2, 3);
    expect(await removeOldEvents(fixture.systems.vms, 24 * hour)).toBe(0);
    expect(await kept()).toEqual([1, 2, 3]);
  });

  it("never removes undelivered events, however old they are", async () => {
    await written(90, 3);
    expect(await removeOldEvents(fixture.systems.vms, hour)).toBe(0);
    await delivered(80, 2);
    expect(await removeOldEvents(fixture.systems.vms, hour)).toBe(0);
    expect(await kept()).toEqual([1, 2, 3]);
  });

  it("leaves a partition that is in use until the next run, without waiting for it", async () => {
    await written(40, 3);
    await delivered(39, 3);
    const removed = await asOwner(fixture.urls.url("vms"), (sql) =>
      sql.begin(async (tx) => {
        await tx`select id from outbox_events`;
        return removeOldEvents(fixture.systems.vms, 24 * hour);
      }),
    );
    expect(removed).toBe(0);
    expect(await kept()).toEqual([1, 2, 3]);
    expect(await removeOldEvents(fixture.systems.vms, 24 * hour)).toBe(1);
  });

  it("leaves a partition that the ring has reused before it was emptied", async () => {
    // The ring holds 96 hours: both are in one partition.
    await written(100, 3);
    await written(4, 2);
    await delivered(50, 3);
    await delivered(3, 5);
    expect(await removeOldEvents(fixture.systems.vms, 24 * hour)).toBe(0);
    expect(await kept()).toEqual([1, 2, 3, 4, 5]);
    const { events } = await fixture.log().read("oldest", onlyVms);
    expect(events.map(({ id }) => id)).toEqual([1, 2, 3, 4, 5]);
    expect(await removeOldEvents(fixture.systems.vms, hour)).toBe(1);
    expect(await kept()).toEqual([]);
  });

  it("continues the ids after everything was removed, and keeps the head", async () => {
    await written(40, 3);
    await delivered(39, 3);
    await removeOldEvents(fixture.systems.vms, 24 * hour);
    const log = fixture.log();
    const head = await log.head(["vms"]);
    expect(head["vms"]?.id).toBe(3);
    await written(0, 1);
    expect((await log.read(head, onlyVms)).events.map(({ id }) => id)).toEqual([4]);
  });

  it("removes checkpoints that are no longer needed, and records of consumed events that can no longer arrive again", async () => {
    for (const [hoursAgo, id] of [
      [50, 1],
      [40, 2],
      [30, 3],
      [2, 4],
    ] as const) {
      await delivered(hoursAgo, id);
    }
    const [old, recent] = [newId(), newId()];
    await owner(
      `insert into consumed_events values ('c', '${old}', now() - interval '55 hours'), ('c', '${recent}', now() - interval '53 hours')`,
    );
    await removeOldEvents(fixture.systems.vms, 24 * hour);
    expect(await owner("select relayed_id::int as id from event_relay_checkpoints order by 1")).toEqual([
      { id: 3 },
      { id: 4 },
    ]);
    // Twice the retention, and the six hours that a partition may keep an event beyond it.
    expect(await owner("select event_id from consumed_events")).toEqual([{ event_id: recent }]);
    expect(await consumerPosition(fixture.systems.vms, { name: "c", source: "vms" })).toBeUndefined();
  });

  it("stops between two partitions when its signal aborts, and the next call removes the rest", async () => {
    await written(30, 2);
    await written(44, 2);
    await delivered(26, 4);
    const stopping = new AbortController();
    const { vms } = fixture.systems;
    const stopsAfterOne = {
      ...vms,
      write: ((...call) => vms.write(...call).finally(() => stopping.abort())) as typeof vms.write,
    };
    expect(await removeOldEvents(stopsAfterOne, 24 * hour, stopping.signal)).toBe(1);
    expect(await kept()).toHaveLength(2);
    expect(await removeOldEvents(vms, 24 * hour, AbortSignal.abort())).toBe(0);
    expect(await removeOldEvents(vms, 24 * hour)).toBe(1);
    expect(await kept()).toEqual([]);
  });
});
