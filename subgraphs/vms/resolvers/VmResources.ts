import type { VmResourcesResolvers } from "../generated/resolvers.ts";

export const VmResources: VmResourcesResolvers = {
  memoryBytes: ({ memoryMb }) => memoryMb * 2 ** 20,
  storageBytes: ({ storageGb }) => (storageGb === undefined ? null : storageGb * 2 ** 30),
  networkBandwidthMbps: ({ networkMbps }) => networkMbps ?? null,
};
