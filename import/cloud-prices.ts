import { basename } from "node:path";
import { dropGeneratedPrices, recordPrices } from "#subgraphs/federation/prices/prices.ts";
import { importedId } from "#lib/uuid.ts";
import { ImportError, readRows, Rejections, sourceFiles } from "./csv.ts";
import { type FleetDatabases, type ImportOptions, progressOf } from "./fleet.ts";
import { writeHistory } from "./generated-history.ts";
import { ensurePeople } from "./people.ts";
import { ensureProviders, writeTwins } from "./provider-twins.ts";

export const pricesDataset = "cloud-prices";

export interface CloudPricesResult {
  files: string[];
  /** The number of rows of the catalogue in these files. */
  prices: number;
  /** Rows that were new or different: 0 when the same files are imported again. */
  changed: number;
  rejected: number;
  rejections: string[];
  /** Provider VMs and savings that were new or got another price. */
  twins: number;
  optimizations: number;
}

const columns = [
  "provider",
  "region",
  "instance_type",
  "family",
  "vcpu",
  "memory_gib",
  "gpu_count",
  "arch",
  "os",
  "usd_hour_ondemand",
  "usd_hour_spot",
  "usd_hour_reserved_1y",
  "usd_hour_reserved_3y",
  "as_of",
] as const;
type Row = Record<(typeof columns)[number], string>;

const providers = ["aws", "azure", "gcp"] as const;
/** The source has prices with 14 decimals; the catalogue rounds to 9. */
const decimal = /^\d{1,8}(\.\d{1,20})?$/;
const rowsPerTransaction = 5_000;

/** Returns a price as its exact text; null for one that is unpublished, or 0 in the source. Undefined when it is no price. */
const priceOf = (text: string): string | null | undefined =>
  text === "" ? null : !decimal.test(text) ? undefined : Number(text) < 5e-10 ? null : text;

function parsePrice(row: Row) {
  const providerType = providers.find((name) => name === row.provider);
  if (!providerType) return `provider: ${JSON.stringify(row.provider)} is not one of ${providers.join(", ")}`;
  for (const name of ["region", "instance_type", "os"] as const) {
    if (row[name] === "" || row[name].length > 50 + (name === "os" ? 0 : 50)) return `${name}: empty or too long`;
  }
  if (row.family.length > 100) return "family: too long";
  if (row.arch.length > 50) return "arch: too long";
  for (const name of ["vcpu", "memory_gib"] as const) {
    if (!decimal.test(row[name]) || Number(row[name]) >= 1e6)
      return `${name}: ${JSON.stringify(row[name])} is not a decimal number`;
  }
  if (row.gpu_count !== "" && (!decimal.test(row.gpu_count) || Number(row.gpu_count) > 1_000))
    return `gpu_count: ${JSON.stringify(row.gpu_count)} is not a number`;
  if (!/^\d{4}-\d{2}-\d{2}$/.test(row.as_of) || Number.isNaN(Date.parse(row.as_of))) {
    return `as_of: ${JSON.stringify(row.as_of)} is not a date`;
  }
  const prices: (string | null)[] = [];
  for (const name of ["usd_hour_ondemand", "usd_hour_spot", "usd_hour_reserved_1y", "usd_hour_reserved_3y"] as const) {
    const price = priceOf(row[name]);
    if (price === undefined) return `${name}: ${JSON.stringify(row[name])} is not a price`;
    prices.push(price);
  }
  const [hourlyOnDemand, hourlySpot, hourlyReserved1y, hourlyReserved3y] = prices;
  return {
    id: importedId(pricesDataset, providerType, row.region, row.instance_type, row.os, row.as_of),
    providerType,
    region: row.region,
    instanceType: row.instance_type,
    family: row.family || null,
    vcpu: row.vcpu,
    memoryGib: row.memory_gib,
    gpuCount: row.gpu_count || "0",
    arch: row.arch || null,
    os: row.os,
    hourlyOnDemand,
    hourlySpot,
    hourlyReserved1y,
    hourlyReserved3y,
    asOf: row.as_of,
    metadata: { origin: pricesDataset },
  };
}

type Price = Exclude<ReturnType<typeof parsePrice>, string>;

/**
 * Imports price lists into the catalogue, which belongs to no tenant. Gives the tenant its three providers, and every third VM of its fleet a twin at one of
 * them, priced from the catalogue.
 */
export async function importCloudPrices(
  dbs: FleetDatabases,
  path: string,
  options: ImportOptions,
): Promise<CloudPricesResult> {
  const { tenant, now = new Date(), signal } = options;
  const scope = { tenantId: tenant.id };
  const files = await sourceFiles(path, /^(aws|azure|gcp)\.csv(\.gz)?$/);
  const rejections = new Rejections();
  const progress = progressOf(options.onProgress, "rows");
  const regions: Record<string, Set<string>> = {};
  let prices = 0;
  let changed = 0;
  let batch: Price[] = [];
  const seen = new Set<string>();
  let failure: unknown;
  const send = async () => {
    const rows = batch;
    batch = [];
    changed += await recordPrices(dbs.federation, scope, rows);
    prices += rows.length;
    progress(prices);
  };
  await ensurePeople(dbs.auth, tenant, now);
  for (const file of files) {
    try {
      for await (const { row, line } of readRows(file, columns, rejections)) {
        const price = parsePrice(row);
        if (typeof price === "string") {
          rejections.add(basename(file), line, price);
          continue;
        }
        // A type that the source lists for two architectures has one price: the first line counts.
        if (seen.has(price.id)) continue;
        seen.add(price.id);
        batch.push(price);
        (regions[price.providerType] ??= new Set()).add(price.region);
        if (batch.length >= rowsPerTransaction) await send();
        signal?.throwIfAborted();
      }
    } catch (error) {
      if (!(error instanceof ImportError) || error.code !== "IMPORT_SOURCE_TRUNCATED") throw error;
      failure ??= error;
    }
  }
  await send();
  progress(prices, true);
  if (prices > 0) await dropGeneratedPrices(dbs.federation, scope);
  const named = Object.fromEntries(Object.entries(regions).map(([type, names]) => [type, [...names].sort()]));
  await ensureProviders(dbs, tenant.id, named, now);
  const twins = await writeTwins(dbs, tenant.id, now);
  if (options.history !== false) await writeHistory(dbs, tenant.id, now);
  const result: CloudPricesResult = {
    files: files.map((file) => basename(file)),
    prices,
    changed,
    rejected: rejections.count,
    rejections: rejections.lines,
    ...twins,
  };
  if (failure !== undefined) throw Object.assign(failure as Error, { result });
  return result;
}
