import type { Changes } from "../changes.ts";
import { cloudProviders } from "./schema/cloud-providers.ts";
import { compliancePolicies } from "./schema/compliance-policies.ts";
import { complianceViolations } from "./schema/compliance-violations.ts";
import { costOptimizations } from "./schema/cost-optimizations.ts";
import { vmMigrationSteps } from "./schema/vm-migration-steps.ts";
import { vmMigrations } from "./schema/vm-migrations.ts";
import { multicloudVms } from "./schema/multicloud-vms.ts";

// Which columns of a written row its event holds. `events/federation.ts` defines what other domains may rely on.

export const providerChanges: Changes<typeof cloudProviders> = {
  table: cloudProviders,
  event: "provider",
  payload: ["name", "providerType", "healthStatus", "enabled"],
};
export const providerVmChanges: Changes<typeof multicloudVms> = {
  table: multicloudVms,
  event: "provider_vm",
  payload: ["localVmId", "providerId", "state", "instanceType", "costPerHour"],
};
export const vmMigrationChanges: Changes<typeof migrations> = {
  table: vmMigrations,
  event: "migration",
  payload: ["vmId", "status", "progressPercentage", "currentPhase"],
};
export const vmMigrationStepChanges: Changes<typeof vmMigrationSteps> = {
  table: vmMigrationSteps,
  event: "migration_step",
  payload: ["migrationId", "stepNumber", "stepName", "status"],
};
export const compliancePolicyChanges: Changes<typeof compliancePolicies> = {
  table: compliancePolicies,
  event: "compliance_policy",
  payload: ["name", "framework", "enabled"],
};
export const complianceViolationChanges: Changes<typeof complianceViolations> = {
  table: complianceViolations,
  event: "compliance_violation",
  payload: ["policyId", "vmId", "severity", "resolvedAt"],
};
export const costOptimizationChanges: Changes<typeof costOptimizations> = {
  table: costOptimizations,
  event: "cost_optimization",
  payload: ["vmId", "optimizationType", "status"],
};
