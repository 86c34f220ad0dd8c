import type { ClusterNodeResolvers } from "../generated/resolvers.ts";

export const ClusterNode: ClusterNodeResolvers = {
  platform: (node) => node,
};
