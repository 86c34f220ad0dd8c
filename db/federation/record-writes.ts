import { recorder } from "../record-rows.ts";
import {
  compliancePolicyChanges,
  complianceViolationChanges,
  costOptimizationChanges,
  providerChanges,
  providerVmChanges,
  vmMigrationChanges,
  vmMigrationStepChanges,
} from "./changes.ts";

export const addVmMigrations = recorder(vmMigrationChanges);
export const addVmMigrationSteps = recorder(vmMigrationStepChanges);
export const addCompliancePolicies = recorder(compliancePolicyChanges);
export const addComplianceViolations = recorder(complianceViolationChanges);
/** Adds providers, and gives existing ones the given regions. Only the health check writes the health of an existing one. */
export const addProviders = recorder(providerChanges, { update: ["regions"] });
/** Adds VMs at providers, and gives existing ones the given type and price. */
export const addOrRepriceProviderVms = recorder(providerVmChanges, {
  update: ["instanceType", "instanceFamily", "region", "costPerHour"],
});
export const addOrRepriceCostOptimizations = recorder(costOptimizationChanges, {
  update: [
    "recommendedProvider",
    "currentCostPerHour",
    "projectedCostPerHour",
    "potentialMonthlySavings",
    "optimizationType",
    "recommendation",
  ],
});
