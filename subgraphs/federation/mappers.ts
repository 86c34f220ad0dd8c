import type { VisibleCloudProviderRow } from "#db/federation/cloud-providers.ts";
import type { ComplianceViolationRow } from "#db/federation/schema/compliance-violations.ts";
import type { VmMigrationStepRow } from "#db/federation/schema/vm-migration-steps.ts";
import type { MigrationPhase as Phase, VmMigrationRow } from "#db/federation/schema/vm-migrations.ts";
import type { MulticloudVmRow } from "#db/federation/schema/multicloud-vms.ts";
import type { MoneyValue } from "#lib/graphql/money.ts";
import type { MigrationProgressRow, StepProgressRow } from "./migrations/progress.ts";
import type { StateOfOperation, StateOfStep } from "#subgraphs/operation-fields.ts";

// The values that resolvers return for GraphQL types, under the types' names, which codegen reads. An entity is its row without a line here.

export type Money = MoneyValue;

export type MigrationProgress = MigrationProgressRow;
export type StepProgress = StepProgressRow;

export type ProviderType = VisibleCloudProviderRow["providerType"];
export type ProviderHealth = VisibleCloudProviderRow["healthStatus"];
export type ProviderVmState = MulticloudVmRow["state"];
export type MigrationType = VmMigrationRow["migrationType"];
export type MigrationStatus = VmMigrationRow["status"];
export type MigrationPhase = Phase;
export type StepStatus = VmMigrationStepRow["status"];
export type ViolationSeverity = ComplianceViolationRow["severity"];
export type OperationState = StateOfOperation;
export type OperationStepState = StateOfStep;
