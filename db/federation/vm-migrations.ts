import { during, isNull, oneOf } from "../filters.ts";
import { defineEntity } from "../entity.ts";
import { by } from "../list.ts";
import { byEitherColumn, eitherColumnOneOf } from "./two-column-filters.ts";
import { vmMigrationHistory } from "./change-history.ts";
import { vmMigrations } from "./schema/vm-migrations.ts";

export const vmMigrationEntity = defineEntity({
  table: vmMigrations,
  history: vmMigrationHistory,
  filters: {
    id: oneOf(vmMigrations.id),
    vm: oneOf(vmMigrations.vmId),
    provider: eitherColumnOneOf(vmMigrations.sourceProvider, vmMigrations.destinationProvider),
    sourceProvider: oneOf(vmMigrations.sourceProvider),
    destinationProvider: oneOf(vmMigrations.destinationProvider),
    node: eitherColumnOneOf(vmMigrations.sourceNodeId, vmMigrations.destinationNodeId),
    sourceNode: oneOf(vmMigrations.sourceNodeId),
    destinationNode: oneOf(vmMigrations.destinationNodeId),
    type: oneOf(vmMigrations.migrationType),
    status: oneOf(vmMigrations.status),
    currentPhase: oneOf(vmMigrations.currentPhase),
    initiatedBy: oneOf(vmMigrations.initiatedBy),
    approvedBy: oneOf(vmMigrations.approvedBy),
    unapproved: isNull(vmMigrations.approvedBy),
    createdAt: during(vmMigrations.createdAt),
    startedAt: during(vmMigrations.startedAt),
    completedAt: during(vmMigrations.completedAt),
  },
  orders: {
    CREATED_AT: vmMigrations.createdAt,
    STATUS: vmMigrations.status,
    PROGRESS_PERCENTAGE: vmMigrations.progressPercentage,
  },
  defaultOrder: { field: "CREATED_AT", direction: "DESC" },
  under: {
    "Vm.migrations": by(vmMigrations.vmId),
    "Tenant.migrations": by(vmMigrations.tenantId),
    "User.initiatedMigrations": by(vmMigrations.initiatedBy),
    "CloudProvider.migrations": byEitherColumn(vmMigrations.sourceProvider, vmMigrations.destinationProvider),
    "ClusterNode.migrations": byEitherColumn(vmMigrations.sourceNodeId, vmMigrations.destinationNodeId),
  },
});
