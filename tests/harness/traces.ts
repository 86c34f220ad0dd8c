import { join } from "node:path";
import { importBitbrains } from "#import/bitbrains.ts";
import { importCloudPrices } from "#import/cloud-prices.ts";
import { type FleetDatabases, tenantNamed } from "#import/fleet.ts";
import { importOpenb } from "#import/openb.ts";

/** Imports a fleet of real traces into the demo tenant: openb's nodes, Bitbrains' VMs placed on them, the clouds' prices. */
export async function importTraces(fleet: FleetDatabases, traces: string, samples: string, now: Date): Promise<void> {
  const tenant = tenantNamed("demo");
  await importOpenb(fleet, join(traces, "alibaba-openb/nodes.csv.gz"), { tenant, now });
  await importBitbrains(fleet, samples, { tenant, now });
  await importCloudPrices(fleet, join(traces, "cloud-prices"), { tenant, now });
}
