import type { CloudProviderResolvers } from "../generated/resolvers.ts";

export const CloudProvider: CloudProviderResolvers = {
  tenant: ({ tenantId }) => ({ id: tenantId }),
  type: ({ providerType }) => providerType,
  lastHealthCheckAt: ({ lastHealthCheck }) => lastHealthCheck,
  vms: ({ id }, args, { loaders }, info) => loaders.providerVmsAtProvider.load(id, args, info),
  migrations: ({ id }, args, { loaders }, info) => loaders.migrationsOfProvider.load(id, args, info),
  violations: ({ id }, args, { loaders }, info) => loaders.violationsOfProvider.load(id, args, info),
  costOptimizations: ({ id }, args, { loaders }, info) => loaders.optimizationsOfProvider.load(id, args, info),
};
