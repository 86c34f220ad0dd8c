import type { ClusterNodeResolvers } from "../generated/resolvers.ts";

export const ClusterNode: ClusterNodeResolvers = {
  migrations: ({ id }, args, { loaders }, info) => loaders.migrationsOfNode.load(id, args, info),
};
