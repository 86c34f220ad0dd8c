import type { Database, Scope } from "#db/client.ts";
import { type CataloguePrice, cheapestTypes } from "#db/federation/fleet-writes.ts";
import { hasRealPrices, removeGeneratedPrices, savePrices } from "#db/federation/instance-price-writes.ts";
import type { instancePrices } from "#db/federation/schema/instance-prices.ts";
import { readIn } from "#db/read-in.ts";
import type { RecordedRow } from "#db/record-rows.ts";

// The catalogue of prices belongs to no tenant.

export type { CataloguePrice };
type Price = RecordedRow<typeof instancePrices>;

/** Returns, for each size that these regions sell without GPUs, the cheapest type. */
export const cheapestPrices = (
  database: Database,
  scope: Scope,
  regions: readonly string[],
): Promise<CataloguePrice[]> => readIn(database, scope, (tx) => cheapestTypes(tx, regions));

/** Records published prices. They replace existing ones. @returns how many were new or different */
export const recordPrices = (database: Database, scope: Scope, prices: readonly Price[]): Promise<number> =>
  database.write(scope, (tx) => savePrices(tx, prices, "all"));

/** Adds generated prices, while the catalogue has no published ones. @returns how many were added */
export const addGeneratedPrices = (database: Database, scope: Scope, prices: readonly Price[]): Promise<number> =>
  database.write(scope, async (tx) => ((await hasRealPrices(tx)) ? 0 : savePrices(tx, prices, "none")));

/** Removes the generated prices, once there are published ones. @returns how many were removed */
export const dropGeneratedPrices = (database: Database, scope: Scope): Promise<number> =>
  database.write(scope, removeGeneratedPrices);
