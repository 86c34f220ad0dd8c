import { moneyOf } from "#lib/graphql/money.ts";
import type { CostOptimizationResolvers } from "../generated/resolvers.ts";

export const CostOptimization: CostOptimizationResolvers = {
  currentCostPerHour: ({ currentCostPerHour, currency }) => moneyOf(currentCostPerHour, currency),
  projectedCostPerHour: ({ projectedCostPerHour, currency }) => moneyOf(projectedCostPerHour, currency),
  potentialMonthlySavings: ({ potentialMonthlySavings, currency }) => moneyOf(potentialMonthlySavings, currency),
  type: ({ optimizationType }) => optimizationType,
};
