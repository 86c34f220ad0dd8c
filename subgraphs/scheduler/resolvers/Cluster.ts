import type { ClusterResolvers } from "../generated/resolvers.ts";

export const Cluster: ClusterResolvers = {
  nodes: ({ id }, args, { loaders }, info) => loaders.nodesOfCluster.load(id, args, info),
};
