import type { CloudProviderResolvers } from "../generated/resolvers.ts";

export const CloudProvider: CloudProviderResolvers = {
  type: ({ providerType }) => providerType,
  lastHealthCheckAt: ({ lastHealthCheck }) => lastHealthCheck,
};
