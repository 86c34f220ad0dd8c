import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { EventLog } from "#db/event-log/event-log.ts";
import { readEvents } from "#db/event-log/stored-events.ts";
import { parsePosition, positionText } from "#lib/live/event-position.ts";
import { newId } from "#lib/uuid.ts";
import { asOwner } from "#tests/harness/server.ts";
import { type LogFixture, logFixture, someTenant, take, writeVmEvents } from "./log-fixture.ts";

let fixture: LogFixture;
let log: EventLog;
const tenantId = someTenant();
beforeAll(async () => {
  fixture = await logFixture();
  log = fixture.log();
  await writeVmEvents(fixture, tenantId, newId(), [1, 2, 3, 4, 5, 6]);
});
afterAll(async () => {
  await fixture.stop();
});

const onlyVms = { sources: ["vms"] as const, limit: 10 };
const owner = (text: string) => asOwner(fixture.urls.url("vms"), (sql) => sql.unsafe(text));
const after = async (id: number) => {
  const { position } = await log.read("oldest", { ...onlyVms, limit: id });
  return position;
};
const vmsOf = (position: Awaited<ReturnType<typeof after>>) => {
  if (!position["vms"]) throw new Error("There is no position of the vms database.");
  return position["vms"];
};

describe("a position", () => {
  it("of another installation is refused", async () => {
    const position = { vms: { ...vmsOf(await after(2)), log: "ffffffff" } };
    await expect(log.read(position, onlyVms)).rejects.toMatchObject({ code: "POSITION_INVALID" });
    await expect(take(log, 1, position, onlyVms)).rejects.toMatchObject({ code: "POSITION_INVALID" });
  });

  it("beyond the end of the log is refused", async () => {
    const position = { vms: { ...vmsOf(await after(2)), id: 1_000 } };
    await expect(log.read(position, onlyVms)).rejects.toMatchObject({ code: "POSITION_INVALID" });
    await expect(readEvents(fixture.systems.vms, 1_000, 10)).rejects.toMatchObject({ code: "POSITION_INVALID" });
  });

  it("of a database that was restored since is refused: another transaction wrote its event, or none did", async () => {
    const position = { vms: vmsOf(await after(4)) };
    const restored = { vms: { ...position.vms, transaction: position.vms.transaction + 1 } };
    await expect(log.read(restored, onlyVms)).rejects.toMatchObject({ code: "POSITION_INVALID" });
    // In the restored database, a transaction that was rolled back used the id.
    await owner(
      "create table kept as select * from outbox_events where id = 4; delete from outbox_events where id = 4",
    );
    await expect(log.read(position, onlyVms)).rejects.toMatchObject({ code: "POSITION_INVALID" });
    await owner("insert into outbox_events overriding system value select * from kept");
    expect((await log.read(position, onlyVms)).events.map(({ id }) => id)).toEqual([5, 6]);
  });

  it("'from now on' is that of the newest event, not of a rolled-back id that may be assigned again after a crash", async () => {
    const before = await log.head(["vms"]);
    const broken = writeVmEvents(fixture, tenantId, newId(), [1], async () => {
      throw new Error("failure after the write");
    });
    await expect(broken).rejects.toThrow("failure after the write");
    expect(await log.head(["vms"])).toEqual(before);
  });

  it("older than the kept events is refused, with the oldest position that can still be resumed from", async () => {
    const [one, three] = [await after(1), await after(3)];
    await owner("delete from outbox_events where id <= 3; update event_log set horizon_id = 3");
    const refusal = await log.read(one, onlyVms).catch((error: unknown) => error as { code: string; details: unknown });
    expect(refusal).toMatchObject({ code: "POSITION_EXPIRED", details: { oldest: expect.any(String) } });
    const { oldest } = (refusal as { details: { oldest: string } }).details;
    expect((await log.read(parsePosition(oldest), onlyVms)).events.map(({ id }) => id)).toEqual([4, 5, 6]);
    // No event after it is missing, though its own event was removed.
    expect((await log.read(three, onlyVms)).events.map(({ id }) => id)).toEqual([4, 5, 6]);
    await expect(take(log, 1, one, onlyVms)).rejects.toMatchObject({ code: "POSITION_EXPIRED" });
    expect(positionText((await log.read("oldest", { ...onlyVms, limit: 1 })).position)).toMatch(/^1~vms\./);
  });
});

describe("the outbox", () => {
  it("is read in READ COMMITTED only: a snapshot of a whole transaction could miss settled events", async () => {
    const reading = asOwner(fixture.urls.url("vms"), (sql) =>
      sql.begin("isolation level repeatable read", (tx) => tx`select from read_outbox(0, 10)`),
    );
    await expect(reading).rejects.toThrow("READ COMMITTED only");
  });

  it("flushes its commits, even when the server or the transaction disables that", async () => {
    const setting = await asOwner(fixture.urls.url("vms"), (sql) =>
      sql.begin(async (tx) => {
        await tx`set local synchronous_commit = off`;
        await tx`
          insert into outbox_events (event_id, type, version, tenant_id, entity_type, entity_key, entity_version, payload)
          values (${newId()}, 'vm.updated', 1, ${tenantId}, 'Vm', 'a', 1, '{}')`;
        return tx<{ setting: string }[]>`select current_setting('synchronous_commit') as setting`;
      }),
    );
    expect(setting).toEqual([{ setting: "local" }]);
  });
});
