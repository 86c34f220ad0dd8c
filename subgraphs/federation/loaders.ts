import type { Tx } from "#db/client.ts";
import type { RowOf } from "#db/entity.ts";
import { operationEntity } from "#db/operations/operations.ts";
import { cloudProviderEntity } from "#db/federation/cloud-providers.ts";
import { compliancePolicyEntity } from "#db/federation/compliance-policies.ts";
import { complianceViolationEntity } from "#db/federation/compliance-violations.ts";
import { costOptimizationEntity } from "#db/federation/cost-optimizations.ts";
import { instancePriceEntity } from "#db/federation/instance-prices.ts";
import { vmMigrationStepEntity } from "#db/federation/vm-migration-steps.ts";
import { vmMigrationEntity } from "#db/federation/vm-migrations.ts";
import { multicloudVmEntity } from "#db/federation/multicloud-vms.ts";
import { entityLoaders } from "#lib/graphql/batching.ts";
import type { Page } from "#lib/graphql/pagination.ts";
import { operationLoaders } from "#subgraphs/operation-fields.ts";

/** The entities of this subgraph, by the names of their types. */
export const entities = {
  CloudProvider: cloudProviderEntity,
  ProviderVm: multicloudVmEntity,
  Migration: vmMigrationEntity,
  MigrationStep: vmMigrationStepEntity,
  CompliancePolicy: compliancePolicyEntity,
  ComplianceViolation: complianceViolationEntity,
  CostOptimization: costOptimizationEntity,
  InstancePrice: instancePriceEntity,
  FederationOperation: operationEntity,
};

// Codegen reads the names of the entities, and takes these types for their types of the graph.
export type Row<Type extends keyof typeof entities> = RowOf<(typeof entities)[Type]>;
export type RowPage<Type extends keyof typeof entities> = Page<Row<Type>>;

export type FederationLoaders = ReturnType<typeof createFederationLoaders>;

/** Creates one loader per batch query. The loaders live for one request and share its transaction. */
export const createFederationLoaders = (tx: Tx) => ({ ...entityLoaders(tx, entities), ...operationLoaders(tx) });
