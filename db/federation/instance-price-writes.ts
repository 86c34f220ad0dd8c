import { sql } from "drizzle-orm";
import type { Tx, WriteTx } from "../client.ts";
import { append } from "../event-log/append.ts";
import { statement } from "../statement.ts";
import { upsert } from "../upsert.ts";
import { platformTenantId } from "#lib/trust/platform-tenant.ts";
import { instancePrices } from "./schema/instance-prices.ts";

type NewPrice = typeof instancePrices.$inferInsert;

/** Writes prices into the catalogue, replacing existing ones or leaving them. Returns how many were new or different. */
export async function savePrices(tx: WriteTx, rows: readonly NewPrice[], update: "all" | "none"): Promise<number> {
  const changed = await upsert(tx, instancePrices, rows, { onConflict: ["id"], update, emits: "nothing" });
  return recordPriceChanges(tx, [...new Set(rows.map(({ providerType }) => providerType))], changed);
}

/** Emits one event for all written rows. The catalogue belongs to no tenant, and an event for each of its tens of thousands of rows would have no use. */
async function recordPriceChanges(tx: WriteTx, providerTypes: readonly string[], rows: number): Promise<number> {
  if (rows > 0) {
    const payload = { providerTypes: providerTypes.toSorted(), rows };
    await append(tx, [{ type: "instance_prices.changed", key: "catalogue", tenantId: platformTenantId, payload }]);
  }
  return rows;
}

const removePrices = statement<{ removed: number; providerTypes: string[] | null }>(
  () => sql`
    with removed as (delete from ${instancePrices} where metadata ->> 'origin' = 'generated' returning provider_type)
    select count(*)::int as removed, array_agg(distinct provider_type::text) as "providerTypes" from removed`,
);

/** Removes the demo's made-up price list from the catalogue, once there is a real one. */
export async function removeGeneratedPrices(tx: WriteTx): Promise<number> {
  const [result] = await tx.run(removePrices);
  return recordPriceChanges(tx, result?.providerTypes ?? [], result?.removed ?? 0);
}

const anyRealPrice = statement<{ found: boolean }>(
  () =>
    sql`select exists (select from ${instancePrices} where metadata ->> 'origin' is distinct from 'generated') as found`,
);

/** Returns whether the catalogue holds prices that were not made up for the demo. */
export async function hasRealPrices(tx: Tx): Promise<boolean> {
  return (await tx.run(anyRealPrice))[0]?.found === true;
}
