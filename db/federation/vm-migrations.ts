import { during, isNull, oneOf } from "../filters.ts";
import { by, defineList } from "../list.ts";
import { lookup } from "../lookup.ts";
import { byEitherColumn, eitherColumnOneOf } from "./two-column-filters.ts";
import { type VmMigrationRow, vmMigrations } from "./schema/vm-migrations.ts";

export const vmMigrationById = lookup<VmMigrationRow>({ table: vmMigrations });

export const vmMigrationList = defineList<VmMigrationRow>({
  table: vmMigrations,
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
});

export const migrationsOfVm = vmMigrationList.under(by(vmMigrations.vmId));
export const migrationsOfTenant = vmMigrationList.under(by(vmMigrations.tenantId));
export const migrationsInitiatedBy = vmMigrationList.under(by(vmMigrations.initiatedBy));
export const migrationsOfProvider = vmMigrationList.under(
  byEitherColumn(vmMigrations.sourceProvider, vmMigrations.destinationProvider),
);
export const migrationsOfNode = vmMigrationList.under(
  byEitherColumn(vmMigrations.sourceNodeId, vmMigrations.destinationNodeId),
);
