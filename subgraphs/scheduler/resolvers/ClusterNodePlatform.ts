import { tagList } from "#lib/tags.ts";
import type { ClusterNodePlatformResolvers } from "../generated/resolvers.ts";

export const ClusterNodePlatform: ClusterNodePlatformResolvers = {
  type: ({ nodeType }) => nodeType,
  cluster: ({ clusterId }, _args, { loaders }) => (clusterId ? loaders.Cluster.load(clusterId) : null),
  labels: ({ labels }) => tagList(labels),
  lastHeartbeatAt: ({ lastHeartbeat }) => lastHeartbeat,
};
