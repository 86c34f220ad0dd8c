import type { ClusterNodeResolvers } from "../generated/resolvers.ts";

export const ClusterNode: ClusterNodeResolvers = {
  platform: (node) => node,
  allocations: ({ id }, args, { loaders }, info) => loaders.allocationsOnNode.load(id, args, info),
  placementDecisions: ({ id }, args, { loaders }, info) => loaders.decisionsForNode.load(id, args, info),
};
