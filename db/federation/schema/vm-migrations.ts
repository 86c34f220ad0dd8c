import { sql } from "drizzle-orm";
import {
  check,
  foreignKey,
  index,
  integer,
  interval,
  jsonb,
  pgTable,
  unique,
  uniqueIndex,
  uuid,
  varchar,
} from "drizzle-orm/pg-core";
import {
  createdAt,
  currency,
  metadata,
  money,
  primaryId,
  tenantId,
  tenantPolicy,
  timestamptz,
  version,
} from "../../columns.ts";
import { cloudProviders } from "./cloud-providers.ts";
import { migrationStatusEnum, migrationTypeEnum } from "./enums.ts";

/** The phases of every migration, in order. Clones and cold migrations pass through some of them without work. */
export const migrationPhases = [
  "validate",
  "approve",
  "reserve",
  "prepare",
  "transfer",
  "cutover",
  "finish",
  "confirm",
  "observe",
] as const;
export type MigrationPhase = (typeof migrationPhases)[number];

/** The move of one VM. A provider of null means our own clusters, where the node says the place. */
export const vmMigrations = pgTable(
  "migrations",
  {
    id: primaryId(),
    tenantId: tenantId(),
    vmId: uuid("vm_id").notNull(),
    sourceProvider: uuid("source_provider"),
    destinationProvider: uuid("destination_provider"),
    /** Nodes of the scheduler database. */
    sourceNodeId: uuid("source_node_id"),
    destinationNodeId: uuid("destination_node_id"),
    migrationType: migrationTypeEnum("migration_type").notNull(),
    migrationPlan: jsonb("migration_plan").$type<Record<string, unknown>>().notNull(),
    status: migrationStatusEnum("status").notNull().default("planned"),
    progressPercentage: integer("progress_percentage").notNull().default(0),
    currentPhase: varchar("current_phase", { length: 100 }).$type<MigrationPhase>(),
    estimatedDuration: interval("estimated_duration"),
    estimatedCompletionTime: timestamptz("estimated_completion_time"),
    startedAt: timestamptz("started_at"),
    completedAt: timestamptz("completed_at"),
    rollbackPlan: jsonb("rollback_plan").$type<Record<string, unknown>>(),
    costEstimate: money("cost_estimate"),
    actualCost: money("actual_cost"),
    currency: currency(),
    errorDetails: jsonb("error_details").$type<Record<string, unknown>>(),
    /** Users of the auth database. */
    initiatedBy: uuid("initiated_by").notNull(),
    approvedBy: uuid("approved_by"),
    metadata: metadata(),
    version: version(),
    createdAt: createdAt(),
  },
  (table) => [
    foreignKey({
      name: "migrations_source_provider_fk",
      columns: [table.tenantId, table.sourceProvider],
      foreignColumns: [cloudProviders.tenantId, cloudProviders.id],
    }).onDelete("restrict"),
    foreignKey({
      name: "migrations_destination_provider_fk",
      columns: [table.tenantId, table.destinationProvider],
      foreignColumns: [cloudProviders.tenantId, cloudProviders.id],
    }).onDelete("restrict"),
    // What children refer to, so that a step's copied tenant cannot differ from its migration's.
    unique("migrations_tenant_id_id_unique").on(table.tenantId, table.id),
    // A VM is in one migration at a time.
    uniqueIndex("migrations_active_vm_unique")
      .on(table.vmId)
      .where(sql`${table.status} in ('planned', 'approved', 'in_progress')`),
    // The migrations of a tenant in one status, newest first.
    index("idx_migrations_status").on(
      table.tenantId,
      table.status,
      table.createdAt.desc().nullsFirst(),
      table.id.desc().nullsFirst(),
    ),
    // The migrations of a VM, newest first.
    index("idx_migrations_vm_id").on(table.vmId, table.createdAt.desc().nullsFirst(), table.id.desc().nullsFirst()),
    // The migrations of a tenant, newest first.
    index("idx_migrations_tenant_id").on(
      table.tenantId,
      table.createdAt.desc().nullsFirst(),
      table.id.desc().nullsFirst(),
    ),
    // The migrations from and to a provider, newest first.
    index("idx_migrations_source_provider").on(
      table.sourceProvider,
      table.createdAt.desc().nullsFirst(),
      table.id.desc().nullsFirst(),
    ),
    index("idx_migrations_destination_provider").on(
      table.destinationProvider,
      table.createdAt.desc().nullsFirst(),
      table.id.desc().nullsFirst(),
    ),
    // The migrations from and to a node, newest first.
    index("idx_migrations_source_node_id").on(
      table.sourceNodeId,
      table.createdAt.desc().nullsFirst(),
      table.id.desc().nullsFirst(),
    ),
    index("idx_migrations_destination_node_id").on(
      table.destinationNodeId,
      table.createdAt.desc().nullsFirst(),
      table.id.desc().nullsFirst(),
    ),
    check("migrations_progress_check", sql`${table.progressPercentage} between 0 and 100`),
    check(
      "migrations_current_phase_check",
      sql`${table.currentPhase} in (${sql.raw(migrationPhases.map((phase) => `'${phase}'`).join(", "))})`,
    ),
    check("migrations_costs_check", sql`${table.costEstimate} >= 0 and ${table.actualCost} >= 0`),
    tenantPolicy("federation", table.tenantId),
  ],
);

export type VmMigrationRow = typeof vmMigrations.$inferSelect;
