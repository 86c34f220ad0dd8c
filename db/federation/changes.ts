import { changesOf } from "../changes.ts";
import { cloudProviders } from "./schema/cloud-providers.ts";
import { compliancePolicies } from "./schema/compliance-policies.ts";
import { complianceViolations } from "./schema/compliance-violations.ts";
import { costOptimizations } from "./schema/cost-optimizations.ts";
import { vmMigrationSteps } from "./schema/vm-migration-steps.ts";
import { vmMigrations } from "./schema/vm-migrations.ts";
import { multicloudVms } from "./schema/multicloud-vms.ts";

// Which tables have events. `events/federation.ts` lists the payload of each, column by column.

export const providerChanges = changesOf(cloudProviders, "cloud_provider");
export const providerVmChanges = changesOf(multicloudVms, "provider_vm");
export const vmMigrationChanges = changesOf(vmMigrations, "migration");
export const vmMigrationStepChanges = changesOf(vmMigrationSteps, "migration_step");
export const compliancePolicyChanges = changesOf(compliancePolicies, "compliance_policy");
export const complianceViolationChanges = changesOf(complianceViolations, "compliance_violation");
export const costOptimizationChanges = changesOf(costOptimizations, "cost_optimization");
