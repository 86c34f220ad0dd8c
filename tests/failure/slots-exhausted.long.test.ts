import { sql } from "drizzle-orm";
import postgres from "postgres";
import { afterAll, beforeAll, expect, it, vi } from "vitest";
import { statement } from "#db/statement.ts";
import { type OwnServer, ownServer } from "./own-server.ts";
import { type ProductWithEvents, productWithEvents, tenantId } from "./product-with-events.ts";

const everything = "{ clusters { totalCount } vms(first: 2) { nodes { name } } }";
const one = statement<{ one: number }>(() => sql`select 1 as one`);
const slots = 14;

let server: OwnServer;
let product: ProductWithEvents;
/** Connections of another client. */
const held: postgres.Sql[] = [];
beforeAll(async () => {
  server = await ownServer(["vms"], { max_connections: String(slots), superuser_reserved_connections: "0" });
  product = await productWithEvents(server.urls);
});
afterAll(async () => {
  await Promise.all(held.map((each) => each.end({ timeout: 1 })));
  await product?.stop();
  await server?.clean();
});

/** Takes every connection slot of the server, including those of the product. */
async function takeAllSlots(): Promise<void> {
  const connect = () => postgres(server.url("postgres"), { max: 1, fetch_types: false, backoff: () => 0 });
  const first = connect();
  await first`select 1`;
  held.push(first);
  const until = performance.now() + 20_000;
  while (held.length < slots) {
    if (performance.now() > until) throw new Error(`Only ${held.length} of ${slots} slots could be taken.`);
    await first`select pg_terminate_backend(pid) from pg_stat_activity where datname = 'novacron_vms'`;
    const more = Array.from({ length: slots - held.length }, connect);
    await Promise.all(
      more.map(async (each) => {
        try {
          await each`select 1`;
          held.push(each);
        } catch (error) {
          expect(error).toMatchObject({ code: "53300" });
          await each.end({ timeout: 0 });
        }
      }),
    );
  }
}

it("fault 15: while others hold every connection slot, requests wait up to a second and report OVERLOADED; they resume when one is free", async () => {
  expect((await product.ask(everything)).errors).toEqual([]);
  await product.renameVm(1, "before");
  await takeAllSlots();

  const begun = performance.now();
  const answer = await product.ask(everything);
  expect(answer.data).toEqual({ clusters: { totalCount: 3 }, vms: null });
  expect(answer.errors.map(({ extensions }) => extensions.code)).toEqual(["OVERLOADED"]);
  expect(performance.now() - begun).toBeGreaterThan(900);
  expect(performance.now() - begun).toBeLessThan(2_500);
  await expect(product.renameVm(2, "meanwhile")).rejects.toMatchObject({ code: "OVERLOADED" });

  // Reads that queue behind the eight connection attempts wait no longer than those do.
  const many = performance.now();
  const refused = await Promise.allSettled(
    Array.from({ length: 100 }, () => product.databases.vms.read({ tenantId }).run(one)),
  );
  for (const each of refused) expect(each).toMatchObject({ reason: { code: "OVERLOADED" } });
  expect(performance.now() - many).toBeLessThan(2_500);

  // Nor do they wait beyond their own deadline.
  const short = performance.now();
  const impatient = product.databases.vms.read({ tenantId, deadline: Date.now() + 200 }).run(one);
  await expect(impatient).rejects.toMatchObject({ code: "OVERLOADED" });
  expect(performance.now() - short).toBeLessThan(700);

  // Waiting requests take what becomes free. Enough becomes free for the relay and the log, which need connections too.
  const waiting = product.ask(everything);
  await Promise.all(held.splice(1).map((each) => each.end({ timeout: 1 })));
  expect((await waiting).errors).toEqual([]);
  await product.renameVm(3, "after");
  await product.untilProjected();
  await vi.waitFor(() => expect(product.followed.map(({ payload }) => payload["name"])).toEqual(["before", "after"]));
});
