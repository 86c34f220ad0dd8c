import type { ResourceAllocationResolvers } from "../generated/resolvers.ts";

export const ResourceAllocation: ResourceAllocationResolvers = {
  vm: ({ vmId }) => ({ id: vmId }),
  node: ({ nodeId }, _args, { loaders }) => loaders.nodeById.load(nodeId),
  tenant: ({ tenantId }) => ({ id: tenantId }),
  type: ({ allocationType }) => allocationType,
  memoryBytes: ({ memoryMb }) => memoryMb * 2 ** 20,
  storageBytes: ({ storageGb }) => storageGb * 2 ** 30,
  gpuModel: ({ gpuType }) => gpuType,
};
