import type { VmSnapshotResolvers } from "../generated/resolvers.ts";

export const VmSnapshot: VmSnapshotResolvers = {
  vm: ({ vmId }, _args, { loaders }) => loaders.vmById.load(vmId),
};
