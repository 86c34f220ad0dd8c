import { expect, it, onTestFinished, vi } from "vitest";
import { ownServer } from "./own-server.ts";
import { productWithEvents } from "./product-with-events.ts";
import { needsMount, smallDisk } from "./small-disk.ts";

it("fault 18: a server that cannot write its log ends; started with space again, it has all acknowledged writes, and events flow", async (test) => {
  const disk = smallDisk(256) ?? test.skip(needsMount);
  onTestFinished(() => disk.remove());
  // Limits the log to few segments; otherwise there would be space in used ones.
  const server = await ownServer(["vms"], { folder: disk.folder, min_wal_size: "32MB", max_wal_size: "48MB" });
  onTestFinished(() => server.clean());
  const product = await productWithEvents(server.urls);
  onTestFinished(() => product.stop());
  disk.fill();

  const acknowledged: string[] = [];
  const codes = new Set<string>();
  for (let change = 1; !codes.has("DATABASE_UNAVAILABLE"); change++) {
    // A name of this size soon fills a segment of the log.
    const name = `change ${change} ${"x".repeat(200)}`;
    try {
      await product.renameVm(1 + (change % 3), name);
      acknowledged.push(name);
    } catch (error) {
      codes.add((error as { code: string }).code);
    }
    expect(change).toBeLessThan(100_000);
  }
  expect([...codes].filter((code) => !["STORAGE_FULL", "DATABASE_UNAVAILABLE"].includes(code))).toEqual([]);
  // The server tries to recover, needs space for that too, and gives up.
  await vi.waitFor(() => expect(server.isRunning()).toBe(false), { timeout: 60_000, interval: 50 });
  const { data, errors } = await product.ask("{ clusters { totalCount } vms { totalCount } }");
  expect(data).toEqual({ clusters: { totalCount: 3 }, vms: null });
  expect(errors.map(({ extensions }) => extensions.code)).toEqual(["DATABASE_UNAVAILABLE"]);
  expect([await product.readiness(), await product.degraded()]).toEqual([200, ["vms"]]);

  disk.makeRoom();
  await server.startAgain();
  await vi.waitFor(() => product.renameVm(2, "after"), { timeout: 10_000, interval: 50 });
  await product.untilProjected();
  await vi.waitFor(
    () => {
      const names = product.followed.map(({ payload }) => payload["name"] as string);
      // The last write may have been committed although its acknowledgement was lost.
      expect(names.filter((name) => acknowledged.includes(name))).toEqual(acknowledged);
      expect(names.length - acknowledged.length).toBeLessThanOrEqual(2);
      expect(names.at(-1)).toBe("after");
    },
    { timeout: 20_000, interval: 100 },
  );
});
