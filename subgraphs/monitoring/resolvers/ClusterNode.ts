import type { ClusterNodeResolvers } from "../generated/resolvers.ts";

export const ClusterNode: ClusterNodeResolvers = {
  platform: ({ id }) => ({ id }),
  alerts: ({ id }, args, { loaders }, info) => loaders.alertsOnNode.load(id, args, info),
};
