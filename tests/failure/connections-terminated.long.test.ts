import { afterAll, beforeAll, expect, it, vi } from "vitest";
import { sql } from "drizzle-orm";
import { statement } from "#db/statement.ts";
import { domains } from "#db/columns.ts";
import { adminUrl, asOwner } from "#tests/harness/server.ts";
import { type ProductWithEvents, productWithEvents, tenantId } from "./product-with-events.ts";

const everything =
  "{ clusters { totalCount } vms(first: 3) { nodes { name owner { username } alerts { totalCount } node { name } } } }";
const backend = statement<{ pid: number }>(() => sql`select pg_backend_pid() as pid`);

let product: ProductWithEvents;
beforeAll(async () => {
  product = await productWithEvents();
});
afterAll(() => product?.stop());

it("fault 14: while backends are terminated in a loop, reads succeed or report why, each write is emitted once, and the pool never blocks", async () => {
  const names = domains.map((domain) => new URL(product.urls.url(domain)).pathname.slice(1));
  const done = new AbortController();
  const codes: Record<string, number> = {};
  const slowest = { read: 0, write: 0 };
  const reading = async () => {
    while (!done.signal.aborted) {
      const begun = performance.now();
      const { data, errors } = await product.ask(everything);
      slowest.read = Math.max(slowest.read, performance.now() - begun);
      if (errors.length === 0) expect(JSON.stringify(data)).not.toContain("null");
      for (const { extensions } of errors) codes[extensions.code] = (codes[extensions.code] ?? 0) + 1;
      if (errors.length === 0) codes["none"] = (codes["none"] ?? 0) + 1;
    }
  };
  const acknowledged: string[] = [];
  const writing = async (vm: number) => {
    for (let change = 1; !done.signal.aborted; change++) {
      const begun = performance.now();
      try {
        await product.renameVm(vm, `vm ${vm}, change ${change}`);
        acknowledged.push(`vm ${vm}, change ${change}`);
      } catch (error) {
        expect(error).toMatchObject({ code: "DATABASE_UNAVAILABLE" });
      }
      slowest.write = Math.max(slowest.write, performance.now() - begun);
    }
  };
  const running = [reading(), reading(), writing(1), writing(2), writing(3)];
  const terminating = asOwner(adminUrl(), async (admin) => {
    let ended = 0;
    const until = performance.now() + 20_000;
    // Each round terminates every connection that was opened since the previous round.
    while (ended < 200 && performance.now() < until) {
      const rows = await admin`select pg_terminate_backend(pid) from pg_stat_activity where datname = any(${names})`;
      ended += rows.length;
    }
    return ended;
  });
  expect(await Promise.race([terminating, Promise.all(running).then(() => 0)])).toBeGreaterThanOrEqual(200);
  done.abort();
  await Promise.all(running);
  expect(Object.keys(codes).filter((code) => code !== "none" && code !== "DATABASE_UNAVAILABLE")).toEqual([]);
  expect(Math.max(slowest.read, slowest.write)).toBeLessThan(5_000);

  await vi.waitFor(async () => expect((await product.ask(everything)).errors).toEqual([]), { timeout: 5_000 });
  // Uses all eight connections of a pool at once, each held until all are in use: no broken transaction has lost one of them.
  let arrived = 0;
  let open: () => void = () => undefined;
  const all = new Promise<void>((resolve) => (open = resolve));
  const held = Array.from({ length: 8 }, async () => {
    const tx = product.databases.vms.read({ tenantId });
    await tx.run(backend);
    if (++arrived === 8) open();
    await all;
    await tx.end();
  });
  await Promise.all(held);

  await product.untilProjected();
  const versions = await asOwner(
    product.urls.url("vms"),
    (owner) => owner<{ id: string; version: number }[]>`select id, version from vms`,
  );
  const total = versions.reduce((sum, { version }) => sum + version - 1, 0);
  await vi.waitFor(() => expect(product.followed.length).toBe(total), { timeout: 10_000 });
  for (const { id: vm, version } of versions) {
    const emittedVersions = product.followed
      .filter(({ entityKey }) => entityKey === vm)
      .map((event) => event.entityVersion);
    expect(emittedVersions).toEqual(Array.from({ length: version - 1 }, (_, at) => at + 2));
  }
  const emittedNames = new Set(product.followed.map(({ payload }) => payload["name"]));
  expect(acknowledged.filter((name) => !emittedNames.has(name))).toEqual([]);
});
