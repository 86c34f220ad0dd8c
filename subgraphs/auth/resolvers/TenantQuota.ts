import type { TenantQuotaResolvers } from "../generated/resolvers.ts";

// A limit may be any number, so its bytes may exceed what a JavaScript number holds exactly.
const bytes = (amount: number | null, unit: bigint) => (amount === null ? null : BigInt(amount) * unit);

export const TenantQuota: TenantQuotaResolvers = {
  maxMemoryBytes: ({ maxMemoryMb }) => bytes(maxMemoryMb, 2n ** 20n),
  maxStorageBytes: ({ maxStorageGb }) => bytes(maxStorageGb, 2n ** 30n),
};
