import type postgres from "postgres";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { asOwner } from "#tests/harness/server.ts";
import { expectConflicts, whileLocked } from "./locked-rows.ts";
import { id, type ProductWithEvents, productWithEvents } from "./product-with-events.ts";

let product: ProductWithEvents;
beforeAll(async () => {
  product = await productWithEvents();
});
afterAll(() => product?.stop());

/** Waits until this many statements, one after the other, have waited for a lock of this database. */
async function lockWaits(owner: postgres.Sql, count: number): Promise<void> {
  const waits = new Set<string>();
  await vi.waitFor(
    async () => {
      const rows = await owner<{ wait: string }[]>`
        select pid || ' ' || query_start as wait from pg_stat_activity
        where datname = current_database() and wait_event_type = 'Lock'`;
      for (const { wait } of rows) waits.add(wait);
      expect(waits.size).toBeGreaterThanOrEqual(count);
    },
    { timeout: 15_000, interval: 20 },
  );
}

describe("fault 16: while another client holds a lock on a hot row,", () => {
  it("each writer gets WRITE_CONFLICT after a second, and nothing else hangs", async () => {
    await expectConflicts(product, 4);
    await product.renameVm(1, "after the lock");
    await product.untilProjected();
    await vi.waitFor(() =>
      expect(product.followed.map(({ payload }) => payload["name"])).toEqual(["during the lock", "after the lock"]),
    );
  });

  it("a consumer that needs the row retries until it gets it, and then has all its events", async () => {
    await whileLocked(
      product.urls,
      "monitoring",
      `select from projected_vms where id = '${id("vm", 3)}' for update`,
      async (owner) => {
        for (let change = 1; change <= 20; change++) await product.renameVm(3, `change ${change}`);
        await lockWaits(owner, 2);
      },
    );
    await product.untilProjected();
  });

  it.each(["event_relay", "event_log"])("the relay continues when it can lock its row of %s again", async (table) => {
    const before = product.followed.length;
    await whileLocked(product.urls, "vms", `select from ${table} for update`, async (owner) => {
      for (let change = 1; change <= 20; change++) await product.renameVm(3, `${table} ${change}`);
      if (table === "event_relay") await lockWaits(owner, 2);
    });
    await product.untilProjected();
    await vi.waitFor(() => expect(product.followed.length).toBe(before + 20));
    await vi.waitFor(async () => {
      const [relayed] = await asOwner(
        product.urls.url("vms"),
        (owner) => owner`select relayed_id = (select max(id) from outbox_events) as all from event_relay`,
      );
      expect(relayed).toEqual({ all: true });
    }, 5_000);
  });

  it("reads of a table that is locked as a whole report WRITE_CONFLICT, and reads of other tables succeed", async () => {
    await whileLocked(product.urls, "vms", "select pg_advisory_lock(1)", async (owner) => {
      await owner.begin(async (tx) => {
        await tx`lock table vm_networks in access exclusive mode`;
        const answer = await product.ask("{ vmNetworks { totalCount } clusters { totalCount } }");
        expect(answer.data).toEqual({ vmNetworks: null, clusters: { totalCount: 3 } });
        expect(answer.errors.map(({ extensions }) => extensions.code)).toEqual(["WRITE_CONFLICT"]);
      });
    });
    expect((await product.ask("{ vmNetworks { totalCount } }")).errors).toEqual([]);
  });
});
