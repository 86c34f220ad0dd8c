import type postgres from "postgres";
import { expect } from "vitest";
import type { Domain } from "#db/columns.ts";
import { asOwner, type TestDatabases } from "#tests/harness/server.ts";
import { id, type ProductWithEvents } from "./product-with-events.ts";

/** Runs `meanwhile` while an open transaction of another client holds what this statement locked. */
export async function whileLocked(
  urls: TestDatabases,
  domain: Domain,
  lock: string,
  meanwhile: (owner: postgres.Sql) => Promise<void>,
) {
  const url = urls.url(domain);
  await asOwner(url, (owner) =>
    owner.begin(async (tx) => {
      expect(await tx.unsafe(lock)).not.toEqual([]);
      await asOwner(url, meanwhile);
    }),
  );
}

/**
 * Lets writers wait for a locked row, and expects that each is refused after a second and nothing else hangs. Half of the connections write at a time, each for a
 * second in each of its attempts, so eight writers take two rounds.
 */
export async function expectConflicts(product: ProductWithEvents, count: number): Promise<void> {
  await whileLocked(product.urls, "vms", `select from vms where id = '${id("vm", 1)}' for update`, async () => {
    const begun = performance.now();
    const writers = Array.from({ length: count }, async (_, writer) => {
      await expect(product.renameVm(1, `writer ${writer}`)).rejects.toMatchObject({ code: "WRITE_CONFLICT" });
      return performance.now() - begun;
    });
    // A service whose connections all wait is busy, not unavailable.
    expect(await product.readiness()).toBe(200);
    const took = await Promise.all(writers);
    expect(Math.min(...took)).toBeGreaterThan(900);
    expect(Math.max(...took)).toBeLessThan(8_000);
    expect((await product.ask("{ vms(first: 3) { nodes { name alerts { totalCount } } } }")).errors).toEqual([]);
    await product.renameVm(2, "during the lock");
  });
}
