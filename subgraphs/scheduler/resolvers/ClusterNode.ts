import { tagList } from "#lib/tags.ts";
import type { ClusterNodeResolvers } from "../generated/resolvers.ts";

export const ClusterNode: ClusterNodeResolvers = {
  type: ({ nodeType }) => nodeType,
  cluster: ({ clusterId }, _args, { loaders }) => (clusterId ? loaders.clusterById.load(clusterId) : null),
  labels: ({ labels }) => tagList(labels),
  lastHeartbeatAt: ({ lastHeartbeat }) => lastHeartbeat,
  allocations: ({ id }, args, { loaders }, info) => loaders.allocationsOnNode.load(id, args, info),
  placementDecisions: ({ id }, args, { loaders }, info) => loaders.decisionsForNode.load(id, args, info),
};
