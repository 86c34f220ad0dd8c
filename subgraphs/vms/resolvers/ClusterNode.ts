import type { ClusterNodeResolvers } from "../generated/resolvers.ts";

export const ClusterNode: ClusterNodeResolvers = {
  vms: ({ id }, args, { loaders }, info) => loaders.vmsOnNode.load(id, args, info),
};
