import type { ClusterResolvers } from "../generated/resolvers.ts";

export const Cluster: ClusterResolvers = {
  type: ({ clusterType }) => clusterType,
  nodes: ({ id }, args, { loaders }, info) => loaders.nodesOfCluster.load(id, args, info),
};
