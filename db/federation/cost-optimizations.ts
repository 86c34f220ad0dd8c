import { during, oneOf } from "../filters.ts";
import { by, defineList } from "../list.ts";
import { lookup } from "../lookup.ts";
import { byEitherColumn, eitherColumnOneOf } from "./two-column-filters.ts";
import { type CostOptimizationRow, costOptimizations } from "./schema/cost-optimizations.ts";

export const costOptimizationById = lookup<CostOptimizationRow>({ table: costOptimizations });

export const costOptimizationList = defineList<CostOptimizationRow>({
  table: costOptimizations,
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
});

export const costOptimizationsOfVm = costOptimizationList.under(by(costOptimizations.vmId));
export const costOptimizationsOfProvider = costOptimizationList.under(
  byEitherColumn(costOptimizations.currentProvider, costOptimizations.recommendedProvider),
);
