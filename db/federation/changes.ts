import type { Changes } from "../changes.ts";
import { cloudProviders } from "./schema/cloud-providers.ts";
import { compliancePolicies } from "./schema/compliance-policies.ts";
import { complianceViolations } from "./schema/compliance-violations.ts";
import { costOptimizations } from "./schema/cost-optimizations.ts";
import { migrationSteps } from "./schema/migration-steps.ts";
import { migrations } from "./schema/migrations.ts";
import { multicloudVms } from "./schema/multicloud-vms.ts";

// Which columns of a written row its event holds. `events/federation.ts` defines what other domains may rely on.

export const providerChanges: Changes<typeof cloudProviders> = {
  table: cloudProviders,
  event: "cloud_provider",
  payload: ["name", "providerType", "healthStatus", "enabled"],
};
export const providerVmChanges: Changes<typeof multicloudVms> = {
  table: multicloudVms,
  event: "provider_vm",
  payload: ["localVmId", "providerId", "state", "instanceType", "costPerHour"],
};
export const migrationChanges: Changes<typeof migrations> = {
  table: migrations,
  event: "migration",
  payload: ["vmId", "status", "progressPercentage", "currentPhase"],
};
export const migrationStepChanges: Changes<typeof migrationSteps> = {
  table: migrationSteps,
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
