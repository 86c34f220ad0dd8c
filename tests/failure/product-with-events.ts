import { sql } from "drizzle-orm";
import { vi } from "vitest";
import type { RunningEvents } from "#runtime/events/start-events.ts";
import { changeColumns, type ChangedRow, changeEvents } from "#db/changes.ts";
import type { Database, WriteTx } from "#db/client.ts";
import { append } from "#db/event-log/append.ts";
import { checkVmProjection } from "#db/projections/vm-projection.ts";
import { statement } from "#db/statement.ts";
import { vmChanges } from "#db/vms/changes.ts";
import { vms } from "#db/vms/schema/vms.ts";
import type { Event } from "#events/event.ts";
import { fleetOf, insertFleet } from "#tests/graph/rows.ts";
import { bootProduct, type TestProduct } from "#tests/harness/product.ts";
import { cloneDatabases, type TestDatabases } from "#tests/harness/server.ts";

export const { tenantId, id } = fleetOf(1);

const rename = statement<ChangedRow>(
  () => sql`
    update ${vms} set name = ${sql.placeholder("name")}, version = version + 1, updated_at = now()
    where id = ${sql.placeholder("id")}::uuid returning ${changeColumns(vmChanges)}`,
);

/** Renames a VM and appends the event. @param vm its id, or its number in the fleet */
export async function renameVm(tx: WriteTx, vm: number | string, name: string): Promise<void> {
  const vmId = typeof vm === "string" ? vm : id("vm", vm);
  await append(tx, changeEvents(vmChanges, await tx.run(rename, { id: vmId, name }), "updated"));
}

export interface ProductWithEvents extends TestProduct {
  systems: RunningEvents["systems"];
  /** Every event about a VM that a follower of the vms log has received, in order. */
  followed: Event[];
  renameVm(number: number, name: string): Promise<void>;
  /** Resolves to the status of `/health/ready`. */
  readiness(): Promise<number>;
  /** Resolves to the parts that `/health/ready` names as degraded. */
  degraded(): Promise<unknown>;
  /** Waits until the projections of VMs in monitoring and scheduler equal the VMs of the vms domain. */
  untilProjected(): Promise<void>;
}

/** Starts the product with relays, log and consumers, as `start` runs them, and a fleet with `rows` rows of each kind. */
export async function productWithEvents(urls?: TestDatabases, rows = 3): Promise<ProductWithEvents> {
  const databases = urls ?? (await cloneDatabases());
  // Runs before the consumers start. They read rows that have no event only once, when they start.
  await insertFleet(databases, 1, rows);
  const product = await bootProduct({ tenantId, withEvents: true, urls: databases });
  const stopping = new AbortController();
  const { signal } = stopping;
  const { events } = product;
  if (!events) throw new Error("The product has no events.");
  const followed: Event[] = [];
  const following = (async () => {
    for await (const batch of events.log.follow("oldest", { sources: ["vms"], signal }))
      followed.push(...batch.events.filter(({ type }) => type.startsWith("vm.")));
  })();
  // A failure of it is reported when the test stops.
  following.catch(() => undefined);
  const inStep = async (target: Database) => {
    const report = await checkVmProjection({ source: events.systems.vms, target });
    return report.vms > 0 && report.missing.length + report.extra.length + report.different.length === 0;
  };
  const result: ProductWithEvents = {
    ...product,
    systems: events.systems,
    followed,
    renameVm: (number, name) =>
      product.databases.vms.write({ tenantId, actor: "job:test" }, (tx) => renameVm(tx, number, name)),
    readiness: async () => (await fetch(new URL("/health/ready", product.url))).status,
    degraded: async () => {
      const response = await fetch(new URL("/health/ready", product.url));
      return ((await response.json()) as { degraded?: unknown }).degraded;
    },
    untilProjected: () =>
      vi.waitFor(
        async () => {
          const { monitoring, scheduler } = events.systems;
          if (!(await inStep(monitoring)) || !(await inStep(scheduler)))
            throw new Error("A projection is not up to date.");
        },
        { timeout: 20_000, interval: 50 },
      ),
    stop: async () => {
      stopping.abort();
      await following;
      await product.stop();
    },
  };
  await result.untilProjected();
  return result;
}
