import type { ResourceAllocationResolvers } from "../generated/resolvers.ts";

export const ResourceAllocation: ResourceAllocationResolvers = {
  memoryBytes: ({ memoryMb }) => memoryMb * 2 ** 20,
  storageBytes: ({ storageGb }) => storageGb * 2 ** 30,
};
