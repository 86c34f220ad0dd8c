import { sql } from "drizzle-orm";
import type { Tx } from "../client.ts";
import { statement } from "../statement.ts";
import { ofTenant } from "../tenant-predicate.ts";
import { cloudProviders } from "./schema/cloud-providers.ts";
import { instancePrices } from "./schema/instance-prices.ts";

export interface FleetProvider {
  id: string;
  providerType: string;
}

const providers = statement<FleetProvider>(
  () => sql`
    select id, provider_type as "providerType" from ${cloudProviders}
    where ${ofTenant(cloudProviders.tenantId)} order by provider_type, created_at, id`,
);

export const fleetProviders = (tx: Tx): Promise<FleetProvider[]> => tx.run(providers, { tenantId: tx.tenantId });

export interface CataloguePrice {
  providerType: "aws" | "azure" | "gcp";
  region: string;
  instanceType: string;
  family: string | null;
  vcpu: number;
  memoryGib: number;
  /** Dollars, as the exact text. */
  hourlyOnDemand: string;
  hourlyReserved1y: string | null;
}

const cheapest = statement<CataloguePrice>(
  () => sql`
    select distinct on (provider_type, region, vcpu, memory_gib)
      provider_type as "providerType", region, instance_type as "instanceType", family,
      vcpu::float8 as vcpu, memory_gib::float8 as "memoryGib", hourly_on_demand::text as "hourlyOnDemand",
      hourly_reserved_1y::text as "hourlyReserved1y"
    from ${instancePrices}
    where os = 'linux' and gpu_count = 0 and hourly_on_demand is not null
      and region = any(${sql.placeholder("regions")}::text[])
    order by provider_type, region, vcpu, memory_gib, hourly_on_demand, instance_type, as_of desc`,
);

/** Returns, for each size that these regions sell without GPUs, the cheapest type. */
export const cheapestTypes = (tx: Tx, regions: readonly string[]): Promise<CataloguePrice[]> =>
  tx.run(cheapest, { regions });
