import type { Tx } from "#db/client.ts";
import { cloudProviderById, cloudProviderList, cloudProvidersOfTenant } from "#db/federation/cloud-providers.ts";
import {
  compliancePoliciesOfTenant,
  compliancePolicyById,
  compliancePolicyList,
} from "#db/federation/compliance-policies.ts";
import {
  complianceViolationById,
  complianceViolationList,
  violationsOfPolicy,
  violationsOfProvider,
  violationsOfTenant,
  violationsOfVm,
} from "#db/federation/compliance-violations.ts";
import {
  costOptimizationById,
  costOptimizationList,
  costOptimizationsOfProvider,
  costOptimizationsOfVm,
} from "#db/federation/cost-optimizations.ts";
import { instancePriceById, instancePriceList } from "#db/federation/instance-prices.ts";
import { vmMigrationStepById, stepsOfMigration } from "#db/federation/vm-migration-steps.ts";
import {
  vmMigrationById,
  vmMigrationList,
  migrationsInitiatedBy,
  migrationsOfNode,
  migrationsOfProvider,
  migrationsOfTenant,
  migrationsOfVm,
} from "#db/federation/vm-migrations.ts";
import {
  multicloudVmById,
  multicloudVmList,
  multicloudVmsAtProvider,
  multicloudVmsOfVm,
} from "#db/federation/multicloud-vms.ts";
import { loadersOn } from "#lib/graphql/batching.ts";

export type FederationLoaders = ReturnType<typeof createFederationLoaders>;

/** Creates one loader per batch query. The loaders live for one request and share its transaction. */
export function createFederationLoaders(tx: Tx) {
  const { one, list, among, under } = loadersOn(tx);
  return {
    providerById: one(cloudProviderById),
    providers: list(cloudProviderList),
    providersOfTenant: under(cloudProvidersOfTenant),
    providerVmById: one(multicloudVmById),
    providerVms: list(multicloudVmList),
    providerVmsOfVm: under(multicloudVmsOfVm),
    providerVmsAtProvider: under(multicloudVmsAtProvider),
    isMigrationAmong: among(vmMigrationList),
    migrationById: one(vmMigrationById),
    migrations: list(vmMigrationList),
    migrationsOfVm: under(migrationsOfVm),
    migrationsOfNode: under(migrationsOfNode),
    migrationsOfProvider: under(migrationsOfProvider),
    migrationsOfTenant: under(migrationsOfTenant),
    migrationsInitiatedBy: under(migrationsInitiatedBy),
    stepById: one(vmMigrationStepById),
    stepsOfMigration: under(stepsOfMigration),
    policyById: one(compliancePolicyById),
    policies: list(compliancePolicyList),
    policiesOfTenant: under(compliancePoliciesOfTenant),
    violationById: one(complianceViolationById),
    violations: list(complianceViolationList),
    violationsOfPolicy: under(violationsOfPolicy),
    violationsOfVm: under(violationsOfVm),
    violationsOfProvider: under(violationsOfProvider),
    violationsOfTenant: under(violationsOfTenant),
    optimizationById: one(costOptimizationById),
    optimizations: list(costOptimizationList),
    optimizationsOfVm: under(costOptimizationsOfVm),
    optimizationsOfProvider: under(costOptimizationsOfProvider),
    priceById: one(instancePriceById),
    prices: list(instancePriceList),
  };
}
