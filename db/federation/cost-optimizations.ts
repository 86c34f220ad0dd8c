import { during, oneOf } from "../filters.ts";
import { defineEntity } from "../entity.ts";
import { by } from "../list.ts";
import { byEitherColumn, eitherColumnOneOf } from "./two-column-filters.ts";
import { costOptimizationHistory } from "./change-history.ts";
import { costOptimizations } from "./schema/cost-optimizations.ts";

export const costOptimizationEntity = defineEntity({
  table: costOptimizations,
  history: costOptimizationHistory,
  filters: {
    vm: oneOf(costOptimizations.vmId),
    provider: eitherColumnOneOf(costOptimizations.currentProvider, costOptimizations.recommendedProvider),
    currentProvider: oneOf(costOptimizations.currentProvider),
    recommendedProvider: oneOf(costOptimizations.recommendedProvider),
    type: oneOf(costOptimizations.optimizationType),
    status: oneOf(costOptimizations.status),
    createdAt: during(costOptimizations.createdAt),
    appliedAt: during(costOptimizations.appliedAt),
  },
  orders: {
    CREATED_AT: costOptimizations.createdAt,
    TYPE: costOptimizations.optimizationType,
    STATUS: costOptimizations.status,
  },
  defaultOrder: { field: "CREATED_AT", direction: "DESC" },
  under: {
    "Vm.costOptimizations": by(costOptimizations.vmId),
    "CloudProvider.costOptimizations": byEitherColumn(
      costOptimizations.currentProvider,
      costOptimizations.recommendedProvider,
    ),
  },
});
