import { sql } from "drizzle-orm";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { CallConnections, type Task } from "#db/call-connections.ts";
import { type Database, openDatabase, type Tx } from "#db/client.ts";
import { statement } from "#db/statement.ts";
import { cloneDatabases, type TestDatabases } from "#tests/harness/server.ts";

const tenantId = "5f225b57-6f23-5959-8431-2e34544686f7";
const count = statement<{ count: number }>(() => sql`select count(*)::int as count from consumed_events`);
const snapshot = statement<{ snapshot: string }>(
  () => sql`select pg_current_snapshot()::text || ' ' || transaction_timestamp()::text as snapshot`,
);
const pause = statement<never>(() => sql`select pg_sleep(0.05)`);

let urls: TestDatabases;
/** A pool of one connection under each role: a task that waits for a second one waits forever. */
let database: Database;
let system: Database;
let call: CallConnections;
let task: Task;
beforeAll(async () => {
  urls = await cloneDatabases(["auth"]);
  database = await openDatabase({ domain: "auth", url: urls.url("auth"), maxConnections: 1 });
  system = await openDatabase({ domain: "auth", url: urls.url("auth"), as: "system", maxConnections: 1 });
});
afterAll(async () => {
  await Promise.all([database.close(), system.close()]);
  await urls.drop();
});

const scope = () => ({ tenantId, deadline: Date.now() + 5_000 });
beforeEach(() => {
  call = new CallConnections(database);
  task = call.task();
  return () => call.end();
});

const snapshotOf = async (tx: Tx): Promise<string> => (await tx.run(snapshot))[0]?.snapshot ?? "";
const write = (by: Task = task) => by.on(database).write(scope(), (tx) => snapshotOf(tx));

describe("case G21: a call to a subgraph", () => {
  it("writes on the pool's only connection after reads on it, and then reads what it wrote", async () => {
    const reads = call.readAs(scope());
    const before = await snapshotOf(reads);
    expect(await snapshotOf(reads)).toBe(before);
    await write();
    const after = await snapshotOf(reads);
    expect(after).not.toBe(before);
    expect(await snapshotOf(reads)).toBe(after);
  });

  it("lets its reads, its writes and its reads in another tenant take turns", async () => {
    const reads = call.readAs(scope());
    const another = task.on(database).read({ ...scope(), tenantId: "bee905ba-cd75-5505-b525-23cc6f6770eb" });
    const readAnother = async () => {
      await snapshotOf(another);
      await another.end();
    };
    const tasks = [1, 2, 3, 4].map(() => call.task());
    const all = [snapshotOf(reads), ...tasks.map((each) => write(each)), readAnother(), snapshotOf(reads)];
    expect(await Promise.all(all)).toHaveLength(7);
  });

  it("gets the results of statements that were running when a write began", async () => {
    const reads = call.readAs(scope());
    const slow = [reads.run(pause), reads.run(pause)];
    await write();
    expect((await Promise.all(slow)).map((rows) => rows.length)).toEqual([1, 1]);
  });

  it("returns its connection even when one of its writes fails", async () => {
    const reads = call.readAs(scope());
    await snapshotOf(reads);
    const failing = task.on(database).write(scope(), () => Promise.reject(new Error("failure of the write")));
    await expect(failing).rejects.toThrow("failure of the write");
    await snapshotOf(reads);
    await write();
  });

  it("holds no connection during long work that needs none", async () => {
    const reads = call.readAs(scope());
    await snapshotOf(reads);
    await task.withoutConnection(async () => {
      expect(await database.write(scope(), async () => "another call")).toBe("another call");
    });
    await snapshotOf(reads);
  });

  it("reads no more after its end, and keeps no connection", async () => {
    const reads = call.readAs(scope());
    await snapshotOf(reads);
    await call.end();
    await expect(snapshotOf(reads)).rejects.toThrow("after the end of its call");
    expect(await database.write(scope(), async () => "another call")).toBe("another call");
  });
});

describe("case G21: a task that holds a connection", () => {
  const second = /waits for one as (service|system): what belongs together is done in one transaction/;
  const inWrite = (use: () => Promise<unknown>) => task.on(database).write(scope(), use);

  it.each<[what: string, work: () => Promise<unknown>]>([
    ["writes in its own write", () => inWrite(() => write())],
    ["opens a separate read in its own write", () => inWrite(() => snapshotOf(task.on(database).read(scope())))],
    ["sends a single statement in its own write", () => inWrite(() => task.on(database).run(count))],
    ["hashes in its own write", () => inWrite(() => task.withoutConnection(async () => "hashed"))],
    [
      "sends a system statement in a system transaction",
      () => task.on(system).write(scope(), () => task.on(system).run(count)),
    ],
    ["writes in a system transaction", () => task.on(system).write(scope(), () => write())],
  ])("throws at once when it %s, and returns its connection", async (_what, work) => {
    await expect(work()).rejects.toThrow(/holds? a connection of the auth database/);
    expect(await database.write(scope(), async () => "another call")).toBe("another call");
    expect(await system.run(count)).toHaveLength(1);
  });

  it("may send a statement under the system role, because no task waits in the other order", async () => {
    await inWrite(async () => expect(await task.on(system).run(count)).toHaveLength(1));
    await expect(inWrite(() => write())).rejects.toThrow(second);
  });

  it("does not affect the tasks next to it", async () => {
    const results = await Promise.all([inWrite(async () => "one"), write(call.task())]);
    expect(results).toEqual(["one", expect.stringMatching(/^\d+:\d+:/)]);
  });
});
