import { costOptimizationChanges, providerChanges, providerVmChanges } from "#db/federation/changes.ts";
import { type CataloguePrice, cheapestTypes, fleetProviders } from "#db/federation/fleet-writes.ts";
import { cloudProviders } from "#db/federation/schema/cloud-providers.ts";
import { costOptimizations } from "#db/federation/schema/cost-optimizations.ts";
import { multicloudVms } from "#db/federation/schema/multicloud-vms.ts";
import { upsert } from "#db/upsert.ts";
import { type FleetVm, fleetVms } from "#db/vms/fleet-writes.ts";
import { importedId } from "#lib/uuid.ts";
import type { FleetDatabases } from "./fleet.ts";

const clouds = [
  { type: "aws", name: "AWS", region: "eu-west-1" },
  { type: "azure", name: "Azure", region: "westeurope" },
  { type: "gcp", name: "Google Cloud", region: "europe-west1" },
] as const;

/** One of this many VMs has a twin at a provider. */
const every = 3;
const hoursPerMonth = 730;

const providerId = (tenantId: string, type: string): string => importedId("provider", tenantId, type);

/**
 * Creates providers for the tenant, one per cloud, known only by their price lists (no credentials).
 * @param regions of each cloud in the price catalogue
 */
export async function ensureProviders(
  dbs: FleetDatabases,
  tenantId: string,
  regions: Readonly<Record<string, readonly string[]>>,
  now: Date,
): Promise<number> {
  return dbs.federation.write({ tenantId }, (tx) =>
    upsert(
      tx,
      cloudProviders,
      clouds.map(({ type, name, region }, at) => ({
        id: providerId(tenantId, type),
        tenantId,
        name,
        providerType: type,
        regions: regions[type]?.length ? [...regions[type]] : [region],
        capabilities: { liveMigration: false, snapshots: true },
        pricingModel: { unit: "hour", tiers: ["on_demand", "spot", "reserved_1y", "reserved_3y"] },
        healthStatus: at === 2 ? ("degraded" as const) : ("healthy" as const),
        lastHealthCheck: now,
        priority: 10 - at,
        metadata: { origin: "generated" },
        createdAt: now,
      })),
      // From now on, only the health check writes the health.
      { onConflict: ["id"], update: ["regions"], emits: providerChanges },
    ),
  );
}

/**
 * Writes twins at the providers for every third VM of the fleet, priced from the catalogue: the cheapest type in the provider's region that is at least as
 * large. Some of them also get a cost optimization. Existing rows stay, except for prices.
 */
export async function writeTwins(
  dbs: FleetDatabases,
  tenantId: string,
  now: Date,
  only?: ReadonlySet<string>,
): Promise<{ twins: number; optimizations: number }> {
  const fleet = (await dbs.vms.write({ tenantId }, fleetVms)).filter(({ id }) => only?.has(id) ?? true);
  return dbs.federation.write({ tenantId }, async (tx) => {
    const here = new Set((await fleetProviders(tx)).map(({ id }) => id));
    const prices = await cheapestTypes(
      tx,
      clouds.map(({ region }) => region),
    );
    const chosen = fleet.flatMap((vm, at) => {
      if (at % every !== 0) return [];
      const cloud = clouds[(at / every) % clouds.length] as (typeof clouds)[number];
      const provider = providerId(tenantId, cloud.type);
      const price = cheapestFor(vm, prices, cloud.type);
      return price && here.has(provider) ? [{ vm, at, cloud, provider, price }] : [];
    });
    const twins = await upsert(
      tx,
      multicloudVms,
      chosen.map(({ vm, at, cloud, provider, price }) => ({
        id: importedId("twin", tenantId, vm.id),
        tenantId,
        localVmId: vm.id,
        providerId: provider,
        providerVmId: providerVmId(cloud.type, vm.id),
        name: vm.name,
        region: price.region,
        availabilityZone: `${price.region}${cloud.type === "aws" ? "a" : "-1"}`,
        instanceType: price.instanceType,
        instanceFamily: price.family,
        state: "running" as const,
        privateIp: `10.${64 + Math.floor(at / 65_536)}.${Math.floor(at / 256) % 256}.${at % 256}`,
        costPerHour: price.hourlyOnDemand,
        tags: { origin: "generated" },
        providerMetadata: { origin: "generated" },
        lastSync: now,
        createdAt: vm.createdAt,
      })),
      {
        onConflict: ["id"],
        update: ["instanceType", "instanceFamily", "region", "costPerHour"],
        emits: providerVmChanges,
      },
    );
    const optimizations = await upsert(
      tx,
      costOptimizations,
      chosen.flatMap(({ vm, at, provider, price }) => {
        if ((at / every) % 2 !== 0) return [];
        const cheaper = saving(vm, price, prices, tenantId, provider);
        if (!cheaper) return [];
        return [
          {
            id: importedId("cost-optimization", tenantId, vm.id),
            tenantId,
            vmId: vm.id,
            currentProvider: provider,
            recommendedProvider: cheaper.provider,
            currentCostPerHour: price.hourlyOnDemand,
            projectedCostPerHour: cheaper.hourly,
            potentialMonthlySavings: ((Number(price.hourlyOnDemand) - Number(cheaper.hourly)) * hoursPerMonth).toFixed(
              2,
            ),
            optimizationType: cheaper.kind,
            confidenceScore: 0.8,
            recommendation: cheaper.recommendation,
            metadata: { origin: "generated" },
            createdAt: now,
          },
        ];
      }),
      {
        onConflict: ["id"],
        update: [
          "recommendedProvider",
          "currentCostPerHour",
          "projectedCostPerHour",
          "potentialMonthlySavings",
          "optimizationType",
          "recommendation",
        ],
        emits: costOptimizationChanges,
      },
    );
    return { twins, optimizations };
  });
}

function cheapestFor(vm: FleetVm, prices: readonly CataloguePrice[], type: string): CataloguePrice | undefined {
  const cores = vm.resourceConfig.cpuMillicores / 1000;
  const memory = vm.resourceConfig.memoryMb / 1024;
  let best: CataloguePrice | undefined;
  for (const price of prices) {
    if (price.providerType !== type || price.vcpu < cores || price.memoryGib < memory) continue;
    const cheaper = !best || Number(price.hourlyOnDemand) - Number(best.hourlyOnDemand);
    if (cheaper === true || cheaper < 0) best = price;
    else if (cheaper === 0 && best && price.instanceType < best.instanceType) best = price;
  }
  return best;
}

/** Returns another cloud that is cheaper, or otherwise the price of a commitment for a year. */
function saving(
  vm: FleetVm,
  price: CataloguePrice,
  prices: readonly CataloguePrice[],
  tenantId: string,
  provider: string,
): { kind: string; provider: string; hourly: string; recommendation: Record<string, unknown> } | undefined {
  const offers = clouds
    .map(({ type }) => cheapestFor(vm, prices, type))
    .filter((offer) => offer !== undefined)
    .sort((a, b) => Number(a.hourlyOnDemand) - Number(b.hourlyOnDemand));
  const [best] = offers;
  if (best && best.providerType !== price.providerType && Number(best.hourlyOnDemand) < Number(price.hourlyOnDemand)) {
    const { instanceType, region } = best;
    return {
      kind: "provider_migration",
      provider: providerId(tenantId, best.providerType),
      hourly: best.hourlyOnDemand,
      recommendation: { origin: "generated", instanceType, region },
    };
  }
  if (price.hourlyReserved1y && Number(price.hourlyReserved1y) < Number(price.hourlyOnDemand)) {
    return {
      kind: "reserved_instance",
      provider,
      hourly: price.hourlyReserved1y,
      recommendation: { origin: "generated", term: "P1Y", instanceType: price.instanceType },
    };
  }
  return undefined;
}

const providerVmId = (type: string, vmId: string): string =>
  type === "aws"
    ? `i-${vmId.replaceAll("-", "").slice(0, 17)}`
    : type === "azure"
      ? `/virtualMachines/${vmId}`
      : `vm-${vmId}`;
