import type { QuotaChange } from "#db/auth/tenant-writes.ts";
import type { MoneyValue } from "#lib/graphql/money.ts";
import { userError } from "#lib/graphql/user-errors.ts";
import { done, refused } from "#subgraphs/use-case.ts";
import type { Outcome } from "../use-case.ts";

/** The limits to set. A limit that is left out stays unchanged, and null removes it. */
export interface QuotaInput {
  maxVmCount?: number | bigint | null | undefined;
  maxCpuMillicores?: number | bigint | null | undefined;
  maxMemoryBytes?: number | bigint | null | undefined;
  maxStorageBytes?: number | bigint | null | undefined;
  maxMonthlySpend?: MoneyValue | null | undefined;
}

const mebibyte = 2n ** 20n;
const gibibyte = 2n ** 30n;
const currencies = new Set(Intl.supportedValuesOf("currency"));

/** Returns the limits in the units that are stored, or the errors in them. */
export function quotaChange(input: QuotaInput): Outcome<QuotaChange> {
  const errors: ReturnType<typeof invalid>[] = [];
  const limit = <Given, Kept>(
    name: keyof QuotaInput,
    given: Given | null | undefined,
    keep: (given: Given) => Kept,
  ) => {
    if (given === null || given === undefined) return given;
    const kept = keep(given);
    if (kept === undefined) errors.push(invalid(name));
    return kept;
  };
  const change = {
    maxVmCount: limit("maxVmCount", input.maxVmCount, (count) => whole(count, 1n, 2n ** 31n)),
    maxCpuMillicores: limit("maxCpuMillicores", input.maxCpuMillicores, (amount) => whole(amount, 1n)),
    maxMemoryMb: limit("maxMemoryBytes", input.maxMemoryBytes, (bytes) => whole(bytes, mebibyte)),
    maxStorageGb: limit("maxStorageBytes", input.maxStorageBytes, (bytes) => whole(bytes, gibibyte)),
    maxMonthlySpend: limit("maxMonthlySpend", input.maxMonthlySpend, storable),
    currency: input.maxMonthlySpend?.currency,
  };
  if (errors.length > 0) return refused(...errors);
  // Limits that are left out must be absent, because every property present is written.
  return done(Object.fromEntries(Object.entries(change).filter(([, value]) => value !== undefined)));
}

const invalid = (limit: keyof QuotaInput) => userError("QUOTA_INVALID", `quota.${limit}`);

/** Converts an amount to a unit. Undefined when it is not a multiple of the unit, is negative or too large, or exceeds what a number holds exactly. */
function whole(amount: number | bigint, unit: bigint, tooMuch = 2n ** 63n): number | undefined {
  const exact = BigInt(amount);
  if (exact < 0n || exact >= tooMuch || exact % unit !== 0n) return undefined;
  const units = Number(exact / unit);
  return Number.isSafeInteger(units) ? units : undefined;
}

/** Returns the amount if it fits a money column: up to nine digits before and nine after the decimal point, in a currency that exists. */
const storable = ({ amount, currency }: MoneyValue): string | undefined =>
  /^\d{1,9}(\.\d{1,9})?$/.test(amount) && currencies.has(currency) ? amount : undefined;
