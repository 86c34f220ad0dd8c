import { sql } from "drizzle-orm";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { statement } from "#db/statement.ts";
import { type OwnServer, ownServer } from "./own-server.ts";
import { type ProductWithEvents, productWithEvents, tenantId } from "./product-with-events.ts";

const everything = `{
  clusters { totalCount } alertRules { totalCount } vms(first: 2) { nodes { name alerts { totalCount } node { name } } }
}`;

const one = statement<{ one: number }>(() => sql`select 1 as one`);

async function withinASecond(happens: () => Promise<void>): Promise<void> {
  const begun = performance.now();
  await happens();
  expect(performance.now() - begun).toBeLessThan(1_000);
}

/** What becomes of a healthy response without a database: its fields are null. */
const without = {
  vms: (healthy: object) => ({ ...healthy, vms: null }),
  monitoring: (healthy: { vms: { nodes: object[] } }) => ({
    ...healthy,
    alertRules: null,
    vms: { nodes: healthy.vms.nodes.map((vm) => ({ ...vm, alerts: null })) },
  }),
};

describe.each(["vms", "monitoring"] as const)(
  "fault 12: when the PostgreSQL of %s stops and starts again,",
  (domain) => {
    let server: OwnServer;
    let product: ProductWithEvents;
    beforeAll(async () => {
      server = await ownServer([domain]);
      product = await productWithEvents(server.urls);
    });
    afterAll(async () => {
      await product?.stop();
      await server?.clean();
    });

    it("its fields are null within a second, and everything recovers unaided", async () => {
      expect(await product.readiness()).toBe(200);
      for (let change = 1; change <= 50; change++) await product.renameVm(1 + (change % 3), `before ${change}`);
      const healthy = await product.ask(everything);
      expect(healthy.errors).toEqual([]);
      const blanked = without[domain](healthy.data);
      await server.stopImmediately();

      await withinASecond(async () => {
        const { data, errors } = await product.ask(everything);
        expect(data).toEqual(blanked);
        expect([...new Set(errors.map(({ extensions }) => extensions.code))]).toEqual(["DATABASE_UNAVAILABLE"]);
      });
      // No read waits for the connection attempts of others: there are eight connections, and a tenth of a second between attempts.
      await withinASecond(async () => {
        const reads = Array.from({ length: 200 }, () => product.databases[domain].read({ tenantId }).run(one));
        const answers = await Promise.allSettled(reads);
        for (const answer of answers) expect(answer).toMatchObject({ reason: { code: "DATABASE_UNAVAILABLE" } });
      });
      await withinASecond(async () => expect(await product.degraded()).toEqual([domain]));
      expect(await product.readiness()).toBe(200);

      // Writes to the other database continue, and writes to the stopped one report an error.
      const meanwhile = product.renameVm(2, "meanwhile");
      if (domain === "vms") await expect(meanwhile).rejects.toMatchObject({ code: "DATABASE_UNAVAILABLE" });
      else await meanwhile;

      await server.startAgain();
      await vi.waitFor(async () => expect((await product.ask(everything)).errors).toEqual([]), {
        timeout: 5_000,
        interval: 20,
      });
      expect(await product.readiness()).toBe(200);
      await product.renameVm(3, "after");
      await product.untilProjected();
      const names = domain === "vms" ? ["after"] : ["meanwhile", "after"];
      await vi.waitFor(() => {
        expect(product.followed.map(({ payload }) => payload["name"])).toEqual([
          ...Array.from({ length: 50 }, (_, change) => `before ${change + 1}`),
          ...names,
        ]);
      });
    });
  },
);
