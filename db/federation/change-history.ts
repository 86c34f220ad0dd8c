import { because, historyOf } from "../change-history/history.ts";
import { cloudProviders } from "./schema/cloud-providers.ts";
import { compliancePolicies } from "./schema/compliance-policies.ts";
import { complianceViolations } from "./schema/compliance-violations.ts";
import { costOptimizations } from "./schema/cost-optimizations.ts";
import { instancePrices } from "./schema/instance-prices.ts";
import { multicloudVms } from "./schema/multicloud-vms.ts";
import { vmMigrations } from "./schema/vm-migrations.ts";
import { vmMigrationSteps } from "./schema/vm-migration-steps.ts";

// What is recorded of the changes to each entity (docs/change-history.md). Documents of any shape may hold secrets, such as keys and passwords.

export const providerHistory = historyOf(cloudProviders, {
  type: "CloudProvider",
  recorded: ["name", "providerType", "regions", "healthStatus", "healthCheckInterval", "enabled", "priority"],
  // An address may contain a password or a token.
  noted: ["config", "capabilities", "pricingModel", "healthCheckUrl", "metadata"],
  unrecorded: {
    id: because.isKey,
    tenantId: because.isTenant,
    credentialsEncrypted: "it is a secret",
    lastHealthCheck: "it changes with each health check",
    version: because.isCounter,
    createdAt: because.isCreation,
    updatedAt: because.isTime,
  },
});

export const providerVmHistory = historyOf(multicloudVms, {
  type: "ProviderVm",
  recorded: [
    "providerVmId",
    "name",
    "region",
    "availabilityZone",
    "instanceType",
    "instanceFamily",
    "state",
    "publicIp",
    "privateIp",
    "costPerHour",
    "currency",
    "tags",
  ],
  noted: ["providerMetadata"],
  unrecorded: {
    id: because.isKey,
    tenantId: because.isTenant,
    localVmId: because.isParent,
    providerId: because.isParent,
    lastSync: "it changes with each synchronization",
    version: because.isCounter,
    createdAt: because.isCreation,
    updatedAt: because.isTime,
  },
});

export const vmMigrationHistory = historyOf(vmMigrations, {
  type: "Migration",
  recorded: [
    "sourceProvider",
    "destinationProvider",
    "sourceNodeId",
    "destinationNodeId",
    "migrationType",
    "status",
    "currentPhase",
    "estimatedDuration",
    "startedAt",
    "completedAt",
    "costEstimate",
    "actualCost",
    "currency",
    "approvedBy",
  ],
  noted: ["migrationPlan", "rollbackPlan", "errorDetails", "metadata"],
  unrecorded: {
    id: because.isKey,
    tenantId: because.isTenant,
    vmId: because.isParent,
    progressPercentage: "it changes all the time while the migration runs",
    estimatedCompletionTime: "it changes all the time while the migration runs",
    initiatedBy: because.isCreation,
    version: because.isCounter,
    createdAt: because.isCreation,
  },
});

export const vmMigrationStepHistory = historyOf(vmMigrationSteps, {
  type: "MigrationStep",
  recorded: ["stepName", "description", "status", "startedAt", "completedAt", "duration", "retryCount"],
  // What a provider reports.
  noted: ["errorMessage", "output"],
  unrecorded: {
    id: because.isKey,
    migrationId: because.isParent,
    tenantId: because.isTenant,
    stepNumber: because.isCreation,
  },
});

export const compliancePolicyHistory = historyOf(compliancePolicies, {
  type: "CompliancePolicy",
  recorded: ["name", "framework", "description", "enabled"],
  noted: ["rules", "dataResidencyRequirements", "encryptionRequirements", "auditRequirements", "metadata"],
  unrecorded: {
    id: because.isKey,
    tenantId: because.isTenant,
    version: because.isCounter,
    createdAt: because.isCreation,
    updatedAt: because.isTime,
  },
});

export const complianceViolationHistory = historyOf(complianceViolations, {
  type: "ComplianceViolation",
  recorded: ["violationType", "severity", "description", "resolvedAt", "resolutionNotes", "autoRemediationApplied"],
  noted: ["metadata"],
  unrecorded: {
    id: because.isKey,
    tenantId: because.isTenant,
    policyId: because.isParent,
    vmId: because.isParent,
    providerId: because.isParent,
    detectedAt: because.isCreation,
    version: because.isCounter,
  },
});

export const costOptimizationHistory = historyOf(costOptimizations, {
  type: "CostOptimization",
  recorded: [
    "currentProvider",
    "recommendedProvider",
    "currentCostPerHour",
    "projectedCostPerHour",
    "potentialMonthlySavings",
    "currency",
    "optimizationType",
    "confidenceScore",
    "status",
    "appliedAt",
  ],
  noted: ["recommendation", "metadata"],
  unrecorded: {
    id: because.isKey,
    tenantId: because.isTenant,
    vmId: because.isParent,
    version: because.isCounter,
    createdAt: because.isCreation,
  },
});

export const instancePriceHistory = historyOf(instancePrices, {
  type: "InstancePrice",
  tenant: null,
  recorded: [
    "family",
    "vcpu",
    "memoryGib",
    "gpuCount",
    "arch",
    "os",
    "hourlyOnDemand",
    "hourlySpot",
    "hourlyReserved1y",
    "hourlyReserved3y",
    "currency",
    "asOf",
  ],
  noted: ["metadata"],
  unrecorded: {
    id: because.isKey,
    providerType: because.isCreation,
    region: because.isCreation,
    instanceType: because.isCreation,
    createdAt: because.isCreation,
  },
});
