import type { VisibleCloudProviderRow } from "#db/federation/cloud-providers.ts";
import type { CompliancePolicyRow } from "#db/federation/schema/compliance-policies.ts";
import type { ComplianceViolationRow } from "#db/federation/schema/compliance-violations.ts";
import type { CostOptimizationRow } from "#db/federation/schema/cost-optimizations.ts";
import type { InstancePriceRow } from "#db/federation/schema/instance-prices.ts";
import type { MigrationStepRow } from "#db/federation/schema/migration-steps.ts";
import type { MigrationPhase as Phase, MigrationRow } from "#db/federation/schema/migrations.ts";
import type { MulticloudVmRow } from "#db/federation/schema/multicloud-vms.ts";
import type { MigrationProgressRow, StepProgressRow } from "./migrations/progress.ts";

// The value that resolvers return for each GraphQL type, under that type's name. Codegen reads these names.

interface Reference {
  id: string;
}
export type ClusterNode = Reference;
export type Tenant = Reference;
export type User = Reference;
export type Vm = Reference;

export type CloudProvider = VisibleCloudProviderRow;
export type ProviderVm = MulticloudVmRow;
export type Migration = MigrationRow;
export type MigrationStep = MigrationStepRow;
export type MigrationProgress = MigrationProgressRow;
export type StepProgress = StepProgressRow;
export type CompliancePolicy = CompliancePolicyRow;
export type ComplianceViolation = ComplianceViolationRow;
export type CostOptimization = CostOptimizationRow;
export type InstancePrice = InstancePriceRow;

export type ProviderType = VisibleCloudProviderRow["providerType"];
export type ProviderHealth = VisibleCloudProviderRow["healthStatus"];
export type ProviderVmState = MulticloudVmRow["state"];
export type MigrationType = MigrationRow["migrationType"];
export type MigrationStatus = MigrationRow["status"];
export type MigrationPhase = Phase;
export type StepStatus = MigrationStepRow["status"];
export type ViolationSeverity = ComplianceViolationRow["severity"];
