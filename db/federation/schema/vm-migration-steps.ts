import { sql } from "drizzle-orm";
import {
  check,
  foreignKey,
  index,
  integer,
  interval,
  jsonb,
  pgTable,
  text,
  uniqueIndex,
  uuid,
  varchar,
} from "drizzle-orm/pg-core";
import { primaryId, tenantId, tenantPolicy, timestamptz, type RowMetadata } from "../../columns.ts";
import { stepStatusEnum } from "./enums.ts";
import { vmMigrations } from "./vm-migrations.ts";

export const vmMigrationSteps = pgTable(
  "migration_steps",
  {
    id: primaryId(),
    migrationId: uuid("migration_id").notNull(),
    tenantId: tenantId(),
    stepNumber: integer("step_number").notNull(),
    stepName: varchar("step_name", { length: 255 }).notNull(),
    description: text("description"),
    status: stepStatusEnum("status").notNull().default("pending"),
    startedAt: timestamptz("started_at"),
    completedAt: timestamptz("completed_at"),
    duration: interval("duration"),
    errorMessage: text("error_message"),
    retryCount: integer("retry_count").notNull().default(0),
    output: jsonb("output").$type<RowMetadata>(),
  },
  (table) => [
    foreignKey({
      name: "migration_steps_migration_fk",
      columns: [table.tenantId, table.migrationId],
      foreignColumns: [vmMigrations.tenantId, vmMigrations.id],
    }).onDelete("cascade"),
    // The steps of a migration in their order. The index also makes a step's number unique within its migration.
    uniqueIndex("idx_migration_steps_migration_id").on(table.migrationId, table.stepNumber),
    // The steps of a tenant, last started first.
    index("idx_migration_steps_tenant_id").on(
      table.tenantId,
      table.startedAt.desc().nullsFirst(),
      table.id.desc().nullsFirst(),
    ),
    check("migration_steps_step_number_check", sql`${table.stepNumber} >= 0`),
    check("migration_steps_retry_count_check", sql`${table.retryCount} >= 0`),
    tenantPolicy("federation", table.tenantId),
  ],
);

export type VmMigrationStepRow = typeof vmMigrationSteps.$inferSelect;
