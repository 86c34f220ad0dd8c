import { selects } from "#lib/relay.ts";
import type { CloudProviderResolvers } from "../generated/resolvers.ts";

export const CloudProvider: CloudProviderResolvers = {
  tenant: ({ tenantId }) => ({ id: tenantId }),
  lastHealthCheckAt: ({ lastHealthCheck }) => lastHealthCheck,
  vms: ({ id }, args, { loaders }, info) => loaders.providerVmsAtProvider.load(id, args, selects(info, "totalCount")),
  migrations: ({ id }, args, { loaders }, info) =>
    loaders.migrationsOfProvider.load(id, args, selects(info, "totalCount")),
  violations: ({ id }, args, { loaders }, info) =>
    loaders.violationsOfProvider.load(id, args, selects(info, "totalCount")),
  costOptimizations: ({ id }, args, { loaders }, info) =>
    loaders.optimizationsOfProvider.load(id, args, selects(info, "totalCount")),
};
