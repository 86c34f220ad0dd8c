import { tagList } from "#lib/tags.ts";
import type { ClusterNodeResolvers } from "../generated/resolvers.ts";

export const ClusterNode: ClusterNodeResolvers = {
  labels: ({ labels }) => tagList(labels),
  lastHeartbeatAt: ({ lastHeartbeat }) => lastHeartbeat,
};
