import type { CloudProviderResolvers } from "../generated/resolvers.ts";

export const CloudProvider: CloudProviderResolvers = {
  lastHealthCheckAt: ({ lastHealthCheck }) => lastHealthCheck,
};
