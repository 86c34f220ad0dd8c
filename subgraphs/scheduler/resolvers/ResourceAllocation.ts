import type { ResourceAllocationResolvers } from "../generated/resolvers.ts";

export const ResourceAllocation: ResourceAllocationResolvers = {
  type: ({ allocationType }) => allocationType,
  memoryBytes: ({ memoryMb }) => memoryMb * 2 ** 20,
  storageBytes: ({ storageGb }) => storageGb * 2 ** 30,
  gpuModel: ({ gpuType }) => gpuType,
};
