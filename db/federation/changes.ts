import { type Column, sql } from "drizzle-orm";
import type { Changes } from "../changes.ts";
import { columnOf } from "../rows.ts";
import { ofTenant } from "../tenant-predicate.ts";
import { cloudProviders } from "./schema/cloud-providers.ts";
import { compliancePolicies } from "./schema/compliance-policies.ts";
import { complianceViolations } from "./schema/compliance-violations.ts";
import { costOptimizations } from "./schema/cost-optimizations.ts";
import { migrationSteps } from "./schema/migration-steps.ts";
import { migrations } from "./schema/migrations.ts";
import { multicloudVms } from "./schema/multicloud-vms.ts";

// Which columns of a written row its event holds. `events/federation.ts` defines what other domains may rely on.

/** The values of a migration that its subscribers filter by. */
const migrationValues = [
  "vmId",
  "migrationType",
  "status",
  "currentPhase",
  "sourceProvider",
  "destinationProvider",
  "sourceNodeId",
  "destinationNodeId",
  "initiatedBy",
  "approvedBy",
  "createdAt",
  "startedAt",
  "completedAt",
] as const;

/** Converts a time to the form that events have. */
const inJson = (column: Column) =>
  column.getSQLType().startsWith("timestamp")
    ? sql`to_char(${column} at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')`
    : sql`${column}`;

/** Selects those values of a step's migration, which exists because of the foreign key. */
const migrationOfStep = sql`(select jsonb_build_object(${sql.join(
  migrationValues.map((property) => sql`${sql.raw(`'${property}'`)}, ${inJson(columnOf(migrations, property))}`),
  sql`, `,
)}) from ${migrations} where ${migrations.id} = ${migrationSteps.migrationId} and ${ofTenant(migrations.tenantId)})`;

export const providerChanges: Changes<typeof cloudProviders> = {
  table: cloudProviders,
  event: "cloud_provider",
  payload: ["name", "providerType", "healthStatus", "enabled"],
};
export const providerVmChanges: Changes<typeof multicloudVms> = {
  table: multicloudVms,
  event: "provider_vm",
  payload: ["localVmId", "providerId", "state", "instanceType", "costPerHour"],
};
export const migrationChanges: Changes<typeof migrations> = {
  table: migrations,
  event: "migration",
  payload: [...migrationValues, "progressPercentage"],
};
export const migrationStepChanges: Changes<typeof migrationSteps> = {
  table: migrationSteps,
  event: "migration_step",
  payload: ["migrationId", "stepNumber", "stepName", "status"],
  related: { migration: migrationOfStep },
};
export const compliancePolicyChanges: Changes<typeof compliancePolicies> = {
  table: compliancePolicies,
  event: "compliance_policy",
  payload: ["name", "framework", "enabled"],
};
export const complianceViolationChanges: Changes<typeof complianceViolations> = {
  table: complianceViolations,
  event: "compliance_violation",
  payload: ["policyId", "vmId", "severity", "resolvedAt"],
};
export const costOptimizationChanges: Changes<typeof costOptimizations> = {
  table: costOptimizations,
  event: "cost_optimization",
  payload: ["vmId", "optimizationType", "status"],
};
