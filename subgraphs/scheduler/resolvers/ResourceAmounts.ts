import type { ResourceAmountsResolvers } from "../generated/resolvers.ts";

export const ResourceAmounts: ResourceAmountsResolvers = {
  memoryBytes: ({ memoryMb }) => (memoryMb === undefined ? null : memoryMb * 2 ** 20),
  storageBytes: ({ storageGb }) => (storageGb === undefined ? null : storageGb * 2 ** 30),
  networkBandwidthMbps: ({ networkMbps }) => networkMbps ?? null,
};
