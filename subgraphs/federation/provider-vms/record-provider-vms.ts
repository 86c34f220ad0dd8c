import type { Database, Scope } from "#db/client.ts";
import { addOrRepriceCostOptimizations, addOrRepriceProviderVms } from "#db/federation/record-writes.ts";
import type { costOptimizations } from "#db/federation/schema/cost-optimizations.ts";
import type { multicloudVms } from "#db/federation/schema/multicloud-vms.ts";
import type { RecordedRow } from "#db/record-rows.ts";

export interface RecordedProviderVms {
  vms: readonly RecordedRow<typeof multicloudVms>[];
  optimizations: readonly RecordedRow<typeof costOptimizations>[];
}

/** Records VMs at providers, and what they could save. Existing rows get the given types and prices. @returns how many were added or changed */
export const recordProviderVms = (
  database: Database,
  scope: Scope,
  { vms, optimizations }: RecordedProviderVms,
): Promise<{ vms: number; optimizations: number }> =>
  database.write(scope, async (tx) => ({
    vms: await addOrRepriceProviderVms(tx, vms),
    optimizations: await addOrRepriceCostOptimizations(tx, optimizations),
  }));
