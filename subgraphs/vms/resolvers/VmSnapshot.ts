import type { VmSnapshotResolvers } from "../generated/resolvers.ts";

export const VmSnapshot: VmSnapshotResolvers = {
  type: ({ snapshotType }) => snapshotType,
};
