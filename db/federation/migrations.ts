import { during, isNull, oneOf } from "../filters.ts";
import { by, defineList } from "../list.ts";
import { lookup } from "../lookup.ts";
import { byEitherColumn, eitherColumnOneOf } from "./two-column-filters.ts";
import { type MigrationRow, migrations } from "./schema/migrations.ts";

export const migrationById = lookup<MigrationRow>({ table: migrations });

export const migrationList = defineList<MigrationRow>({
  table: migrations,
  filters: {
    id: oneOf(migrations.id),
    vm: oneOf(migrations.vmId),
    provider: eitherColumnOneOf(migrations.sourceProvider, migrations.destinationProvider),
    sourceProvider: oneOf(migrations.sourceProvider),
    destinationProvider: oneOf(migrations.destinationProvider),
    node: eitherColumnOneOf(migrations.sourceNodeId, migrations.destinationNodeId),
    sourceNode: oneOf(migrations.sourceNodeId),
    destinationNode: oneOf(migrations.destinationNodeId),
    type: oneOf(migrations.migrationType),
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
});

export const migrationsOfVm = migrationList.under(by(migrations.vmId));
export const migrationsOfTenant = migrationList.under(by(migrations.tenantId));
export const migrationsInitiatedBy = migrationList.under(by(migrations.initiatedBy));
export const migrationsOfProvider = migrationList.under(
  byEitherColumn(migrations.sourceProvider, migrations.destinationProvider),
);
export const migrationsOfNode = migrationList.under(
  byEitherColumn(migrations.sourceNodeId, migrations.destinationNodeId),
);
