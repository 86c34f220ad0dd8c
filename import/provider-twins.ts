import { type CataloguePrice, cheapestPrices } from "#subgraphs/federation/prices/prices.ts";
import { recordProviderVms } from "#subgraphs/federation/provider-vms/record-provider-vms.ts";
import { allProviders, recordProviders } from "#subgraphs/federation/providers/providers.ts";
import { type LiveVm, liveVms } from "#subgraphs/vms/vms/live-vms.ts";
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
  return recordProviders(
    dbs.federation,
    { tenantId },
    clouds.map(({ type, name, region }, at) => ({
      id: providerId(tenantId, type),
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
  const scope = { tenantId };
  const fleet = (await liveVms(dbs.vms, scope)).filter(({ id }) => only?.has(id) ?? true);
  const [providers, prices] = await Promise.all([
    allProviders(dbs.federation, scope),
    cheapestPrices(
      dbs.federation,
      scope,
      clouds.map(({ region }) => region),
    ),
  ]);
  const here = new Set(providers.map(({ id }) => id));
  const chosen = fleet.flatMap((vm, at): Twin[] => {
    if (at % every !== 0) return [];
    const cloud = clouds[(at / every) % clouds.length] as Cloud;
    const provider = providerId(tenantId, cloud.type);
    const price = cheapestFor(vm, prices, cloud.type);
    return price && here.has(provider) ? [{ vm, at, cloud, provider, price }] : [];
  });
  const written = await recordProviderVms(dbs.federation, scope, {
    vms: chosen.map((twin) => twinRow(tenantId, twin, now)),
    optimizations: chosen.flatMap((twin) => optimizationRow(tenantId, twin, prices, now) ?? []),
  });
  return { twins: written.vms, optimizations: written.optimizations };
}

type Cloud = (typeof clouds)[number];

/** A VM, its place in the fleet, and the type at a provider that fits it. */
interface Twin {
  vm: LiveVm;
  at: number;
  cloud: Cloud;
  provider: string;
  price: CataloguePrice;
}

const twinRow = (tenantId: string, { vm, at, cloud, provider, price }: Twin, now: Date) => ({
  id: importedId("twin", tenantId, vm.id),
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
});

/** Every second twin has an optimization, where there is something to save. */
function optimizationRow(
  tenantId: string,
  { vm, at, provider, price }: Twin,
  prices: readonly CataloguePrice[],
  now: Date,
) {
  if ((at / every) % 2 !== 0) return undefined;
  const cheaper = saving(vm, price, prices, tenantId, provider);
  if (!cheaper) return undefined;
  const hourlySaving = Number(price.hourlyOnDemand) - Number(cheaper.hourly);
  return {
    id: importedId("cost-optimization", tenantId, vm.id),
    vmId: vm.id,
    currentProvider: provider,
    recommendedProvider: cheaper.provider,
    currentCostPerHour: price.hourlyOnDemand,
    projectedCostPerHour: cheaper.hourly,
    potentialMonthlySavings: (hourlySaving * hoursPerMonth).toFixed(2),
    optimizationType: cheaper.kind,
    confidenceScore: 0.8,
    recommendation: cheaper.recommendation,
    metadata: { origin: "generated" },
    createdAt: now,
  };
}

function cheapestFor(vm: LiveVm, prices: readonly CataloguePrice[], type: string): CataloguePrice | undefined {
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
  vm: LiveVm,
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
