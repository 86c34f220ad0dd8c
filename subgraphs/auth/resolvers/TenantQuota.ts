import { moneyOf } from "#lib/graphql/money.ts";
import type { TenantQuotaResolvers } from "../generated/resolvers.ts";

// A limit may be any number, so its bytes may exceed what a JavaScript number holds exactly.
const bytes = (amount: number | null, unit: bigint) => (amount === null ? null : BigInt(amount) * unit);

export const TenantQuota: TenantQuotaResolvers = {
  maxMemoryBytes: ({ maxMemoryMb }) => bytes(maxMemoryMb, 2n ** 20n),
  maxMonthlySpend: ({ maxMonthlySpend, currency }) => moneyOf(maxMonthlySpend, currency),
  maxStorageBytes: ({ maxStorageGb }) => bytes(maxStorageGb, 2n ** 30n),
};
