import { expect, it, onTestFinished, vi } from "vitest";
import type { Domain } from "#db/columns.ts";
import { asOwner } from "#tests/harness/server.ts";
import { ownServer } from "./own-server.ts";
import { type ProductWithEvents, productWithEvents } from "./product-with-events.ts";
import { needsMount, type SmallDisk, smallDisk } from "./small-disk.ts";

// Only the tables are on the small disk, as a tablespace. PostgreSQL ends itself (PANIC) when it cannot write its log, and then no read would succeed. That
// case is in log-full.long.test.ts.

const everything = "{ clusters { totalCount } vms(first: 3) { nodes { name alerts { totalCount } } } }";

/** Starts the product with one domain's database on a disk of its own. */
async function productOnDisk(disk: SmallDisk, domain: Domain): Promise<ProductWithEvents> {
  onTestFinished(() => disk.remove());
  const server = await ownServer([domain]);
  onTestFinished(() => server.clean());
  await asOwner(server.url("postgres"), async (owner) => {
    await owner.unsafe(`create tablespace small location '${disk.folder}'`);
    await owner.unsafe(`alter database novacron_${domain} set tablespace small`);
  });
  const product = await productWithEvents(server.urls);
  onTestFinished(() => product.stop());
  return product;
}

/** Renames VMs until that fails, and returns the acknowledged names. */
async function renameUntilFull(product: ProductWithEvents): Promise<string[]> {
  const acknowledged: string[] = [];
  for (let change = 1; change <= 5_000; change++) {
    try {
      await product.renameVm(1 + (change % 3), `change ${change}`);
    } catch (error) {
      expect(error).toMatchObject({ code: "STORAGE_FULL" });
      return acknowledged;
    }
    acknowledged.push(`change ${change}`);
  }
  throw new Error("The disk did not become full.");
}

it("fault 18: when the disk is full, reads succeed, writes report STORAGE_FULL and change nothing, and writes resume when there is space", async (test) => {
  const disk = smallDisk(64) ?? test.skip(needsMount);
  const product = await productOnDisk(disk, "vms");
  disk.fill();
  const acknowledged = await renameUntilFull(product);

  const { data, errors } = await product.ask(everything);
  expect(errors).toEqual([]);
  expect(data.vms.nodes).toHaveLength(3);
  expect(await product.readiness()).toBe(200);
  await expect(product.renameVm(1, "refused")).rejects.toMatchObject({ code: "STORAGE_FULL" });

  disk.makeRoom();
  await product.renameVm(2, "after");
  await vi.waitFor(
    () => expect(product.followed.map(({ payload }) => payload["name"])).toEqual([...acknowledged, "after"]),
    10_000,
  );
  await product.untilProjected();
});

it("fault 18: a consumer whose disk is full retries until there is space, and then has missed nothing", async (test) => {
  const disk = smallDisk(64) ?? test.skip(needsMount);
  const product = await productOnDisk(disk, "monitoring");
  disk.fill();
  const idIn = async (domain: Domain, query: string): Promise<number> => {
    const [row] = await asOwner(product.urls.url(domain), (owner) => owner.unsafe<{ id: number }[]>(query));
    return row?.id ?? 0;
  };
  let change = 0;
  let behind = 0;
  // The consumer needs space for what it records of events. Sooner or later it gets none, and stops there.
  while (behind < 300) {
    for (let more = 0; more < 100; more++) await product.renameVm(1 + (change % 3), `change ${++change}`);
    expect(change).toBeLessThan(5_000);
    const consumed = await idIn("monitoring", "select read_id::int as id from event_consumers");
    behind = (await idIn("vms", "select max(id)::int as id from outbox_events")) - consumed;
  }
  const large = asOwner(product.urls.url("monitoring"), (owner) =>
    owner.unsafe("create table large as select generate_series(1, 10000)"),
  );
  await expect(large).rejects.toMatchObject({ code: "53100" });
  expect((await product.ask(everything)).errors).toEqual([]);
  disk.makeRoom();
  await product.untilProjected();
  await vi.waitFor(() => expect(product.followed).toHaveLength(change), 10_000);
});
