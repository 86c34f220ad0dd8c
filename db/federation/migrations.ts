import { during, isNull, oneOf } from "../filters.ts";
import { defineEntity } from "../entity.ts";
import { by } from "../list.ts";
import { byEitherColumn, eitherColumnOneOf } from "./two-column-filters.ts";
import { migrations } from "./schema/migrations.ts";

export const migrationEntity = defineEntity({
  table: migrations,
  filters: {
    vm: oneOf(migrations.vmId),
    provider: eitherColumnOneOf(migrations.sourceProvider, migrations.destinationProvider),
    sourceProvider: oneOf(migrations.sourceProvider),
    destinationProvider: oneOf(migrations.destinationProvider),
    node: eitherColumnOneOf(migrations.sourceNodeId, migrations.destinationNodeId),
    sourceNode: oneOf(migrations.sourceNodeId),
    destinationNode: oneOf(migrations.destinationNodeId),
    migrationType: oneOf(migrations.migrationType),
    status: oneOf(migrations.status),
    currentPhase: oneOf(migrations.currentPhase),
    initiatedBy: oneOf(migrations.initiatedBy),
    approvedBy: oneOf(migrations.approvedBy),
    unapproved: isNull(migrations.approvedBy),
    createdAt: during(migrations.createdAt),
    startedAt: during(migrations.startedAt),
    completedAt: during(migrations.completedAt),
  },
  orders: {
    CREATED_AT: migrations.createdAt,
    STATUS: migrations.status,
    PROGRESS_PERCENTAGE: migrations.progressPercentage,
  },
  defaultOrder: { field: "CREATED_AT", direction: "DESC" },
  under: {
    "Vm.migrations": by(migrations.vmId),
    "Tenant.migrations": by(migrations.tenantId),
    "User.initiatedMigrations": by(migrations.initiatedBy),
    "CloudProvider.migrations": byEitherColumn(migrations.sourceProvider, migrations.destinationProvider),
    "ClusterNode.migrations": byEitherColumn(migrations.sourceNodeId, migrations.destinationNodeId),
  },
});
