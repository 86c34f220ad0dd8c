import type { VmSnapshotResolvers } from "../generated/resolvers.ts";

export const VmSnapshot: VmSnapshotResolvers = {
  type: ({ snapshotType }) => snapshotType,
  vm: ({ vmId }, _args, { loaders }) => loaders.vmById.load(vmId),
};
