import type { ClusterResolvers } from "../generated/resolvers.ts";

export const Cluster: ClusterResolvers = {
  type: ({ clusterType }) => clusterType,
};
