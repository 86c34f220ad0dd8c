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
import type { Resolvers } from "../generated/resolvers.ts";
import { CloudProvider } from "./CloudProvider.ts";
import { ClusterNode } from "./ClusterNode.ts";
import { CompliancePolicy } from "./CompliancePolicy.ts";
import { ComplianceViolation } from "./ComplianceViolation.ts";
import { CostOptimization } from "./CostOptimization.ts";
import { InstancePrice } from "./InstancePrice.ts";
import { Migration } from "./Migration.ts";
import { MigrationProgress } from "./MigrationProgress.ts";
import { MigrationStep } from "./MigrationStep.ts";
import { ProviderVm } from "./ProviderVm.ts";
import { cloudProvider } from "./Query/cloudProvider.ts";
import { cloudProviders } from "./Query/cloudProviders.ts";
import { compliancePolicies } from "./Query/compliancePolicies.ts";
import { compliancePolicy } from "./Query/compliancePolicy.ts";
import { complianceViolations } from "./Query/complianceViolations.ts";
import { costOptimizations } from "./Query/costOptimizations.ts";
import { instancePrices } from "./Query/instancePrices.ts";
import { migration } from "./Query/migration.ts";
import { migrations } from "./Query/migrations.ts";
import { providerVms } from "./Query/providerVms.ts";
import { migrationProgressed } from "./Subscription/migrationProgressed.ts";
import { StepProgress } from "./StepProgress.ts";
import { Tenant } from "./Tenant.ts";
import { User } from "./User.ts";
import { Vm } from "./Vm.ts";

export const resolvers: Resolvers = {
  Query: {
    cloudProvider,
    cloudProviders,
    compliancePolicies,
    compliancePolicy,
    complianceViolations,
    costOptimizations,
    instancePrices,
    migration,
    migrations,
    providerVms,
  },
  CloudProvider,
  ClusterNode,
  CompliancePolicy,
  ComplianceViolation,
  CostOptimization,
  InstancePrice,
  Migration,
  MigrationProgress,
  MigrationStep,
  ProviderVm,
  StepProgress,
  Tenant,
  User,
  Vm,
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
