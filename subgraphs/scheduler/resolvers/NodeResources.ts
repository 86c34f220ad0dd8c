import type { NodeResourcesResolvers } from "../generated/resolvers.ts";

export const NodeResources: NodeResourcesResolvers = {
  memoryBytes: ({ memoryMb }) => memoryMb * 2 ** 20,
  storageBytes: ({ storageGb }) => storageGb * 2 ** 30,
  networkBandwidthMbps: ({ networkMbps }) => networkMbps,
};
