import { moneyOf } from "#lib/graphql/money.ts";
import type { CostOptimizationResolvers } from "../generated/resolvers.ts";

export const CostOptimization: CostOptimizationResolvers = {
  tenant: ({ tenantId }) => ({ id: tenantId }),
  vm: ({ vmId }) => ({ id: vmId }),
  currentProvider: ({ currentProvider }, _args, { loaders }) =>
    currentProvider ? loaders.providerById.load(currentProvider) : null,
  recommendedProvider: ({ recommendedProvider }, _args, { loaders }) =>
    recommendedProvider ? loaders.providerById.load(recommendedProvider) : null,
  currentCostPerHour: ({ currentCostPerHour, currency }) => moneyOf(currentCostPerHour, currency),
  projectedCostPerHour: ({ projectedCostPerHour, currency }) => moneyOf(projectedCostPerHour, currency),
  potentialMonthlySavings: ({ potentialMonthlySavings, currency }) => moneyOf(potentialMonthlySavings, currency),
  type: ({ optimizationType }) => optimizationType,
};
