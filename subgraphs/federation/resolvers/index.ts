import {
  migrationStatusEnum,
  migrationTypeEnum,
  providerHealthEnum,
  providerTypeEnum,
  providerVmStateEnum,
  stepStatusEnum,
  violationSeverityEnum,
} from "#db/federation/schema/enums.ts";
import { migrationPhases } from "#db/federation/schema/vm-migrations.ts";
import { enumValues } from "#lib/graphql/enum-values.ts";
import { serviceResolvers } from "#subgraphs/end-operation.ts";
import { operationResolvers } from "#subgraphs/operation-fields.ts";
import type { Resolvers } from "../generated/resolvers.ts";
import { CloudProvider } from "./CloudProvider.ts";
import { ComplianceViolation } from "./ComplianceViolation.ts";
import { CostOptimization } from "./CostOptimization.ts";
import { InstancePrice } from "./InstancePrice.ts";
import { Migration } from "./Migration.ts";
import { MigrationProgress } from "./MigrationProgress.ts";
import { MigrationStep } from "./MigrationStep.ts";
import { ProviderVm } from "./ProviderVm.ts";
import { StepProgress } from "./StepProgress.ts";
import { migrationProgressed } from "./Subscription/migrationProgressed.ts";

export const resolvers: Resolvers = {
  ...serviceResolvers("FederationOperation"),
  ...operationResolvers("FederationOperation"),
  CloudProvider,
  ComplianceViolation,
  CostOptimization,
  InstancePrice,
  Migration,
  MigrationProgress,
  MigrationStep,
  ProviderVm,
  StepProgress,
  MigrationPhase: enumValues(migrationPhases),
  MigrationStatus: enumValues(migrationStatusEnum.enumValues),
  MigrationType: enumValues(migrationTypeEnum.enumValues),
  ProviderHealth: enumValues(providerHealthEnum.enumValues),
  ProviderType: enumValues(providerTypeEnum.enumValues),
  ProviderVmState: enumValues(providerVmStateEnum.enumValues),
  StepStatus: enumValues(stepStatusEnum.enumValues),
  ViolationSeverity: enumValues(violationSeverityEnum.enumValues),
};

/** The fields of `Subscription`. */
export const live = { migrationProgressed };
