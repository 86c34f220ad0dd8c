import type { Database, Scope } from "#db/client.ts";
import { type FleetProvider, fleetProviders } from "#db/federation/fleet-writes.ts";
import { addProviders } from "#db/federation/record-writes.ts";
import type { cloudProviders } from "#db/federation/schema/cloud-providers.ts";
import { readIn } from "#db/read-in.ts";
import type { RecordedRow } from "#db/record-rows.ts";

/** Returns the tenant's providers, by type. */
export const allProviders = (database: Database, scope: Scope): Promise<FleetProvider[]> =>
  readIn(database, scope, fleetProviders);

/** Records providers. Existing ones get the given regions. @returns how many were added or changed */
export const recordProviders = (
  database: Database,
  scope: Scope,
  providers: readonly RecordedRow<typeof cloudProviders>[],
): Promise<number> => database.write(scope, (tx) => addProviders(tx, providers));
