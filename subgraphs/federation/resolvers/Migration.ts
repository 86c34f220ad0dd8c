import { moneyOf } from "#lib/graphql/money.ts";
import type { MigrationResolvers } from "../generated/resolvers.ts";

export const Migration: MigrationResolvers = {
  tenant: ({ tenantId }) => ({ id: tenantId }),
  vm: ({ vmId }) => ({ id: vmId }),
  sourceProvider: ({ sourceProvider }, _args, { loaders }) =>
    sourceProvider ? loaders.providerById.load(sourceProvider) : null,
  destinationProvider: ({ destinationProvider }, _args, { loaders }) =>
    destinationProvider ? loaders.providerById.load(destinationProvider) : null,
  sourceNode: ({ sourceNodeId }) => (sourceNodeId ? { id: sourceNodeId } : null),
  destinationNode: ({ destinationNodeId }) => (destinationNodeId ? { id: destinationNodeId } : null),
  type: ({ migrationType }) => migrationType,
  plan: ({ migrationPlan }) => migrationPlan,
  estimatedCompletionAt: ({ estimatedCompletionTime }) => estimatedCompletionTime,
  costEstimate: ({ costEstimate, currency }) => moneyOf(costEstimate, currency),
  actualCost: ({ actualCost, currency }) => moneyOf(actualCost, currency),
  initiatedBy: ({ initiatedBy }) => ({ id: initiatedBy }),
  approvedBy: ({ approvedBy }) => (approvedBy ? { id: approvedBy } : null),
  steps: ({ id }, args, { loaders }, info) => loaders.stepsOfMigration.load(id, args, info),
};
