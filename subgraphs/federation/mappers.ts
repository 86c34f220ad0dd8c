import type { VisibleCloudProviderRow } from "#db/federation/cloud-providers.ts";
import type { CompliancePolicyRow } from "#db/federation/schema/compliance-policies.ts";
import type { ComplianceViolationRow } from "#db/federation/schema/compliance-violations.ts";
import type { CostOptimizationRow } from "#db/federation/schema/cost-optimizations.ts";
import type { InstancePriceRow } from "#db/federation/schema/instance-prices.ts";
import type { VmMigrationStepRow } from "#db/federation/schema/vm-migration-steps.ts";
import type { MigrationPhase as Phase, VmMigrationRow } from "#db/federation/schema/vm-migrations.ts";
import type { MulticloudVmRow } from "#db/federation/schema/multicloud-vms.ts";
import type { MoneyValue } from "#lib/graphql/money.ts";
import type { MigrationProgressRow, StepProgressRow } from "./migrations/progress.ts";

// The value that resolvers return for each GraphQL type, under that type's name. Codegen reads these names.

interface Reference {
  id: string;
}
export type ClusterNode = Reference;
export type Tenant = Reference;
export type Money = MoneyValue;
export type User = Reference;
export type Vm = Reference;

export type CloudProvider = VisibleCloudProviderRow;
export type ProviderVm = MulticloudVmRow;
export type Migration = VmMigrationRow;
export type MigrationStep = VmMigrationStepRow;
export type MigrationProgress = MigrationProgressRow;
export type StepProgress = StepProgressRow;
export type CompliancePolicy = CompliancePolicyRow;
export type ComplianceViolation = ComplianceViolationRow;
export type CostOptimization = CostOptimizationRow;
export type InstancePrice = InstancePriceRow;

export type ProviderType = VisibleCloudProviderRow["providerType"];
export type ProviderHealth = VisibleCloudProviderRow["healthStatus"];
export type ProviderVmState = MulticloudVmRow["state"];
export type MigrationType = VmMigrationRow["migrationType"];
export type MigrationStatus = VmMigrationRow["status"];
export type MigrationPhase = Phase;
export type StepStatus = VmMigrationStepRow["status"];
export type ViolationSeverity = ComplianceViolationRow["severity"];
