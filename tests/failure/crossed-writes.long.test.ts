import { sql } from "drizzle-orm";
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from "vitest";
import { changeColumns, type ChangedRow, changeEvents } from "#db/changes.ts";
import type { WriteTx } from "#db/client.ts";
import { append } from "#db/event-log/append.ts";
import { statement } from "#db/statement.ts";
import { vmChanges } from "#db/vms/changes.ts";
import { vms } from "#db/vms/schema/vms.ts";
import { asOwner } from "#tests/harness/server.ts";
import { id, type ProductWithEvents, productWithEvents, renameVm, tenantId } from "./product-with-events.ts";

let product: ProductWithEvents;
beforeAll(async () => {
  product = await productWithEvents();
});
afterAll(() => product?.stop());

// Writers move amounts between VMs: the sum must not change. What a tenant's usage counts would lock its row, which writers at once then wait for.
const balance = sql`coalesce((metadata->>'balance')::int, 0)`;
const changeBalance = statement<ChangedRow>(
  () => sql`
    update ${vms} set version = version + 1,
      metadata = jsonb_set(metadata, '{balance}', to_jsonb(${balance} + ${sql.placeholder("by")}::int))
    where id = ${sql.placeholder("id")}::uuid returning ${changeColumns(vmChanges)}`,
);
const balanceOf = statement<{ id: string; balance: number }>(
  () => sql`select id, ${balance} as balance from ${vms} order by id`,
);
const giveWay = statement<never>(() => sql`do $$ begin raise exception 'of the test' using errcode = '40001'; end $$`);

async function moveBalance(tx: WriteTx, from: number, to: number, by: number, between = async () => {}): Promise<void> {
  const first = await tx.run(changeBalance, { id: id("vm", from), by: -by });
  await append(tx, changeEvents(vmChanges, first, "updated"));
  await between();
  const second = await tx.run(changeBalance, { id: id("vm", to), by });
  await append(tx, changeEvents(vmChanges, second, "updated"));
}

const total = (): Promise<number> =>
  product.databases.vms.write({ tenantId }, async (tx) =>
    (await tx.run(balanceOf)).reduce((sum, { balance: amount }) => sum + amount, 0),
  );

/** Returns a barrier that opens when `count` callers wait at it. */
function meetingOf(count: number): () => Promise<void> {
  let open: () => void = () => undefined;
  const all = new Promise<void>((resolve) => (open = resolve));
  let come = 0;
  return async () => {
    if (++come >= count) open();
    await all;
  };
}

describe("fault 17: transactions that cross", () => {
  let before: number;
  beforeEach(async () => {
    before = await total();
    product.followed.length = 0;
  });

  /** Expects that each committed write is emitted once, in its order, and that nothing else is emitted. */
  async function expectEvents(count: number): Promise<void> {
    await product.untilProjected();
    await vi.waitFor(() => expect(product.followed).toHaveLength(count), 10_000);
    for (const vm of new Set(product.followed.map(({ entityKey }) => entityKey))) {
      const versions = product.followed.filter(({ entityKey }) => entityKey === vm).map((event) => event.entityVersion);
      expect(versions).toEqual(versions.map((_, at) => (versions[0] ?? 0) + at));
    }
  }

  it("are retried after a deadlock, and both succeed", async () => {
    const meet = meetingOf(2);
    let attempts = 0;
    const move = (from: number, to: number) =>
      product.databases.vms.write({ tenantId }, (tx) => {
        attempts += 1;
        return moveBalance(tx, from, to, 10, meet);
      });
    await Promise.all([move(1, 2), move(2, 1)]);
    expect(attempts).toBe(3);
    expect(await total()).toBe(before);
    await expectEvents(4);
  });

  it("keep the sum of what many of them move, and those that give up change nothing", async () => {
    const movers = 6;
    const each = 6;
    const outcomes = await Promise.all(
      Array.from({ length: movers }, async (_, mover) => {
        let moved = 0;
        for (let move = 0; move < each; move++) {
          // Every pair of the three VMs, in both directions, at the same time.
          const from = 1 + ((mover + move) % 3);
          const to = 1 + ((from + (mover % 2)) % 3);
          try {
            await product.databases.vms.write({ tenantId }, (tx) => moveBalance(tx, from, to, 1 + mover));
            moved += 1;
          } catch (error) {
            expect(error).toMatchObject({ code: "WRITE_CONFLICT" });
          }
        }
        return moved;
      }),
    );
    const moved = outcomes.reduce((sum, count) => sum + count, 0);
    expect(moved).toBeGreaterThan((movers * each) / 2);
    expect(await total()).toBe(before);
    await expectEvents(2 * moved);
  });

  it("succeed after one serialization failure, and emit only the events of the committed attempt", async () => {
    let attempts = 0;
    await product.databases.vms.write({ tenantId }, async (tx) => {
      attempts += 1;
      await renameVm(tx, 1, `attempt ${attempts}`);
      if (attempts === 1) await tx.execute(giveWay);
    });
    await expectEvents(1);
    expect(product.followed[0]?.payload["name"]).toBe("attempt 2");
  });

  it("that always fail to serialize are tried four times and report WRITE_CONFLICT", async () => {
    let attempts = 0;
    const write = product.databases.vms.write({ tenantId }, async (tx) => {
      attempts += 1;
      await renameVm(tx, 1, `attempt ${attempts}`);
      await tx.execute(giveWay);
    });
    await expect(write).rejects.toMatchObject({ code: "WRITE_CONFLICT" });
    expect(attempts).toBe(4);
    await expectEvents(0);
  });

  it("are not retried after their deadline", async () => {
    let attempts = 0;
    const write = product.databases.vms.write({ tenantId, deadline: Date.now() + 50 }, async (tx) => {
      attempts += 1;
      await vi.waitUntil(() => performance.now() > ended, { interval: 5 });
      await tx.execute(giveWay);
    });
    const ended = performance.now() + 60;
    await expect(write).rejects.toMatchObject({ code: "WRITE_CONFLICT" });
    expect(attempts).toBe(1);
  });
});

describe("fault 17: in a database whose transactions are serializable by default,", () => {
  it("those of the product are not: a reader of the log sees what is committed while it reads, and misses nothing", async () => {
    const serializable = await productWithEvents();
    try {
      const url = serializable.urls.url("vms");
      const name = new URL(url).pathname.slice(1);
      await asOwner(url, async (owner) => {
        await owner.unsafe(`alter database ${name} set default_transaction_isolation = 'serializable'`);
        await owner`select pg_terminate_backend(pid) from pg_stat_activity
          where datname = current_database() and pid <> pg_backend_pid()`;
      });
      await vi.waitFor(async () => expect((await serializable.ask("{ vms { totalCount } }")).errors).toEqual([]));
      const writers = [1, 2, 3].map(async (vm) => {
        for (let change = 1; change <= 100; change++) await serializable.renameVm(vm, `vm ${vm}, change ${change}`);
      });
      await Promise.all(writers);
      await vi.waitFor(() => expect(serializable.followed).toHaveLength(300), 10_000);
      await serializable.untilProjected();
    } finally {
      await serializable.stop();
    }
  });
});
