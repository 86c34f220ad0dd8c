import { sql } from "drizzle-orm";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { type Consumer, consumerPosition, replayEvents, runConsumer } from "#db/event-log/consumer.ts";
import type { EventLog } from "#db/event-log/event-log.ts";
import { readLogState } from "#db/event-log/stored-events.ts";
import { statement } from "#db/statement.ts";
import { newId } from "#lib/uuid.ts";
import { asOwner } from "#tests/harness/server.ts";
import { type LogFixture, logFixture, someTenant, vmEvent, writeVmEvents } from "./log-fixture.ts";
import { append } from "#db/event-log/append.ts";
import { until } from "./until.ts";

let fixture: LogFixture;
beforeAll(async () => {
  fixture = await logFixture();
  await owner(
    "create table effects (key text, version int); grant select, insert, truncate on effects to novacron_scheduler_system",
  );
});
afterAll(async () => {
  await fixture.stop();
});
beforeEach(async () => {
  await owner("truncate effects, event_consumers, consumed_events");
  // Not `restart identity`, which locks the sequence after the table: a reader that has not ended yet locks the sequence first.
  await ownerOfVms(
    "truncate outbox_events; alter sequence outbox_events_id_seq restart; update event_log set horizon_id = 0",
  );
});

const owner = <Row extends object>(text: string) =>
  asOwner(fixture.urls.url("scheduler"), async (client) => (await client.unsafe(text)) as unknown as Row[]);
const ownerOfVms = (text: string) => asOwner(fixture.urls.url("vms"), (client) => client.unsafe(text));
const effects = () => owner<{ key: string; version: number }>("select key, version from effects order by ctid");
const versions = async () => (await effects()).map(({ version }) => version);

const addEffect = statement<never>(
  () => sql`insert into effects values (${sql.placeholder("key")}, ${sql.placeholder("version")}::int)`,
);

/** Returns a consumer in the scheduler's database that records each VM event that it applies. */
function noting(changes: Partial<Consumer> = {}): Consumer {
  return {
    name: "noting",
    source: "vms",
    types: ["vm.created", "vm.updated"],
    apply: async (tx, events) => {
      for (const { entityKey, entityVersion } of events) {
        await tx.execute(addEffect, { key: entityKey, version: entityVersion });
      }
    },
    rebuild: async () => (await readLogState(fixture.systems.vms)).oldest,
    ...changes,
  };
}

/** Runs the consumer as a separate program would, until `end`. */
function program(consumer: Consumer): { end(): Promise<void> } {
  const ended = new AbortController();
  const log = fixture.log([], { pollMs: 20, signal: ended.signal });
  const running = runConsumer(consumer, {
    system: fixture.systems.scheduler,
    log,
    signal: ended.signal,
    idleMs: 100,
  });
  return {
    end: async () => {
      ended.abort();
      await running;
    },
  };
}

describe("a consumer", () => {
  it("drops an event that was written twice with the same id, at once or later", async () => {
    const [tenantId, key] = [someTenant(), newId()];
    const again = `insert into outbox_events (event_id, type, version, tenant_id, entity_type, entity_key, entity_version, payload)
      select event_id, type, version, tenant_id, entity_type, entity_key, entity_version, payload from outbox_events order by id`;
    await writeVmEvents(fixture, tenantId, key, [1, 2]);
    await ownerOfVms(again);
    const running = program(noting());
    await until("both events are applied", async () => (await versions()).length >= 2);
    await ownerOfVms(`${again} limit 2`);
    await writeVmEvents(fixture, tenantId, key, [3]);
    await until("the third event is applied", async () => (await versions()).includes(3));
    await running.end();
    expect(await versions()).toEqual([1, 2, 3]);
  });

  it("that dies between its effect and its position has saved neither, and does both at its next start", async () => {
    const key = newId();
    let deaths = 0;
    const dying = noting({
      apply: async (tx, events) => {
        await noting().apply(tx, events);
        // Ends its connection, which is how the server sees the death of the program.
        if (deaths++ === 0) await tx.run(statement(() => sql`select pg_terminate_backend(pg_backend_pid())`));
      },
    });
    await writeVmEvents(fixture, someTenant(), key, [1, 2, 3]);
    const running = program(dying);
    await until("all events are applied", async () => (await versions()).length >= 3);
    await running.end();
    expect(deaths).toBe(2);
    expect(await versions()).toEqual([1, 2, 3]);
    expect((await consumerPosition(fixture.systems.scheduler, noting()))?.id).toBe(3);
  });

  it("that several programs run has each effect once and in order", async () => {
    const [tenantId, key] = [someTenant(), newId()];
    const programs = [program(noting()), program(noting()), program(noting())];
    for (let version = 1; version <= 60; version += 3) {
      await writeVmEvents(fixture, tenantId, key, [version, version + 1, version + 2]);
    }
    await until("all events are applied", async () => (await versions()).length >= 60);
    await Promise.all(programs.map((each) => each.end()));
    expect(await versions()).toEqual(Array.from({ length: 60 }, (_, index) => index + 1));
  });

  it("that fails resumes from its saved position, and has each effect once", async () => {
    const [tenantId, key] = [someTenant(), newId()];
    let failures = 0;
    const failing = noting({
      apply: async (tx, events) => {
        await noting().apply(tx, events);
        if (failures++ < 2) throw new Error("failure of the effect");
      },
    });
    await writeVmEvents(fixture, tenantId, key, [1, 2]);
    const running = program(failing);
    await until("all events are applied", async () => (await versions()).length >= 2);
    await running.end();
    expect(await versions()).toEqual([1, 2]);
    expect(failures).toBe(3);
  });

  it("rebuilds from the source when events that it has not read are no longer kept", async () => {
    const [tenantId, key] = [someTenant(), newId()];
    await writeVmEvents(fixture, tenantId, key, [1, 2]);
    const before = program(noting());
    await until("both events are applied", async () => (await versions()).length >= 2);
    await before.end();
    await writeVmEvents(fixture, tenantId, key, [3, 4]);
    await ownerOfVms("truncate outbox_events; update event_log set horizon_id = 4");
    let rebuilds = 0;
    const rebuilding = noting({
      rebuild: async () => {
        rebuilds += 1;
        return (await readLogState(fixture.systems.vms)).head;
      },
    });
    const after = program(rebuilding);
    await until("the consumer has rebuilt", () => rebuilds > 0);
    await writeVmEvents(fixture, tenantId, key, [5]);
    await until("the event after the rebuild is applied", async () => (await versions()).includes(5));
    await after.end();
    expect(await versions()).toEqual([1, 2, 5]);
    expect(rebuilds).toBe(1);
  });

  it("advances its position past events that it does not use", async () => {
    await fixture.services.vms.write({ tenantId: someTenant() }, (tx) => append(tx, [vmEvent(newId(), 1)]));
    const running = program(noting({ types: ["vm_template.created"] }));
    await until(
      "the position has advanced",
      async () => (await consumerPosition(fixture.systems.scheduler, noting()))?.id === 1,
    );
    await running.end();
    expect(await versions()).toEqual([]);
  });
});

describe("a consumer that is rewound", () => {
  const numbers = (from: number, to: number): number[] => Array.from({ length: to - from + 1 }, (_, at) => from + at);
  const oldest = { log: "", transaction: 0, id: 0 };
  /** Reads the log as `novacron events replay` does, and runs something before each page. */
  const logWith = (before: (page: number) => Promise<unknown>): Pick<EventLog, "read"> => {
    const log = fixture.log();
    let pages = 0;
    return {
      read: async (...args) => {
        await before((pages += 1));
        return log.read(...args);
      },
    };
  };
  const start = async () => ({ ...oldest, log: (await readLogState(fixture.systems.vms)).head.log });

  it("applies all events once more and in order, including new ones, and does not block the consumer during the replay", async () => {
    const [tenantId, key] = [someTenant(), newId()];
    await writeVmEvents(fixture, tenantId, key, numbers(1, 3));
    const running = program(noting());
    await until("all events are applied", async () => (await versions()).length >= 3);
    const replayed = await replayEvents(
      fixture.systems.scheduler,
      noting(),
      await start(),
      logWith(async (page) => {
        const open = await owner(
          "select from pg_stat_activity where datname = current_database() and state like 'idle in transaction%'",
        );
        expect(open).toEqual([]);
        if (page > 2) return;
        // A consumer that had to wait for the replay would not reach these events.
        await writeVmEvents(fixture, tenantId, key, [3 + page]);
        await until("the new event is applied", async () => (await versions()).includes(3 + page));
      }),
    );
    expect(replayed).toBe(5);
    await until("all events are applied again", async () => (await versions()).length >= 10);
    await running.end();
    expect(await versions()).toEqual([...numbers(1, 5), ...numbers(1, 5)]);
  });

  it("keeps its position when the replay fails", async () => {
    const [tenantId, key] = [someTenant(), newId()];
    await writeVmEvents(fixture, tenantId, key, numbers(1, 3));
    const before = program(noting());
    await until("all events are applied", async () => (await versions()).length >= 3);
    await before.end();
    const ending = logWith(async () => Promise.reject(new Error("The log is unavailable.")));
    await expect(replayEvents(fixture.systems.scheduler, noting(), await start(), ending)).rejects.toThrow(
      "unavailable",
    );
    expect((await consumerPosition(fixture.systems.scheduler, noting()))?.id).toBe(3);
  });

  it("applies its events again over many pages, and continues with the rest", async () => {
    const [tenantId, key] = [someTenant(), newId()];
    await writeVmEvents(fixture, tenantId, key, numbers(1, 2_500));
    const before = program(noting({ apply: async () => undefined }));
    const dealtWith = async () => (await consumerPosition(fixture.systems.scheduler, noting()))?.id;
    await until("all events are applied", async () => (await dealtWith()) === 2_500);
    await before.end();
    await writeVmEvents(fixture, tenantId, key, [2_501]);
    let pages = 0;
    const counting = logWith(async (page) => (pages = page));
    expect(await replayEvents(fixture.systems.scheduler, noting(), await start(), counting)).toBe(2_500);
    expect([pages, await owner("select from consumed_events")]).toEqual([3, []]);
    const after = program(noting({ apply: (tx, events) => noting().apply(tx, events.slice(-1)) }));
    await until("all events are applied again", async () => (await dealtWith()) === 2_501);
    await after.end();
    expect((await versions()).at(-1)).toBe(2_501);
  });
});
