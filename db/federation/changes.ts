import { type Column, type SQL, sql } from "drizzle-orm";
import { type MigrationSnapshot, migrationSnapshot } from "#events/federation.ts";
import { changesOf } from "../changes.ts";
import { columnOf } from "../rows.ts";
import { ofTenant } from "../tenant-predicate.ts";
import { cloudProviders } from "./schema/cloud-providers.ts";
import { compliancePolicies } from "./schema/compliance-policies.ts";
import { complianceViolations } from "./schema/compliance-violations.ts";
import { costOptimizations } from "./schema/cost-optimizations.ts";
import { vmMigrationSteps } from "./schema/vm-migration-steps.ts";
import { vmMigrations } from "./schema/vm-migrations.ts";
import { multicloudVms } from "./schema/multicloud-vms.ts";

// Which tables have events. `events/federation.ts` lists the payload of each, column by column.

/** Converts a time to the form that events have. */
const inJson = (column: Column) =>
  column.getSQLType().startsWith("timestamp")
    ? sql`to_char(${column} at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')`
    : sql`${column}`;

/** Selects the values of a step's migration, which exists because of the foreign key. */
const migrationOfStep: SQL<MigrationSnapshot> = sql<MigrationSnapshot>`(select jsonb_build_object(${sql.join(
  Object.keys(migrationSnapshot).map(
    (property) => sql`${sql.raw(`'${property}'`)}, ${inJson(columnOf(vmMigrations, property))}`,
  ),
  sql`, `,
)}) from ${vmMigrations} where ${vmMigrations.id} = ${vmMigrationSteps.migrationId} and ${ofTenant(vmMigrations.tenantId)})`;

export const providerChanges = changesOf(cloudProviders, "cloud_provider");
export const providerVmChanges = changesOf(multicloudVms, "provider_vm");
export const vmMigrationChanges = changesOf(vmMigrations, "migration");
export const vmMigrationStepChanges = changesOf(vmMigrationSteps, "migration_step", {
  related: { migration: migrationOfStep },
});
export const compliancePolicyChanges = changesOf(compliancePolicies, "compliance_policy");
export const complianceViolationChanges = changesOf(complianceViolations, "compliance_violation");
export const costOptimizationChanges = changesOf(costOptimizations, "cost_optimization");
