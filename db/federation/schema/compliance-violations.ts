import { sql } from "drizzle-orm";
import { boolean, check, foreignKey, index, pgTable, text, uniqueIndex, uuid, varchar } from "drizzle-orm/pg-core";
import { metadata, primaryId, tenantId, tenantPolicy, timestamptz, version } from "../../columns.ts";
import { cloudProviders } from "./cloud-providers.ts";
import { compliancePolicies } from "./compliance-policies.ts";
import { violationSeverityEnum } from "./enums.ts";

/** A violation of a policy by a VM, or by a provider as a whole. It is open until `resolved_at` is set. */
export const complianceViolations = pgTable(
  "compliance_violations",
  {
    id: primaryId(),
    tenantId: tenantId(),
    policyId: uuid("policy_id").notNull(),
    vmId: uuid("vm_id"),
    providerId: uuid("provider_id"),
    violationType: varchar("violation_type", { length: 100 }).notNull(),
    severity: violationSeverityEnum("severity").notNull(),
    description: text("description").notNull(),
    detectedAt: timestamptz("detected_at").notNull().defaultNow(),
    resolvedAt: timestamptz("resolved_at"),
    resolutionNotes: text("resolution_notes"),
    autoRemediationApplied: boolean("auto_remediation_applied").notNull().default(false),
    metadata: metadata(),
    version: version(),
  },
  (table) => [
    foreignKey({
      name: "compliance_violations_policy_fk",
      columns: [table.tenantId, table.policyId],
      foreignColumns: [compliancePolicies.tenantId, compliancePolicies.id],
    }).onDelete("restrict"),
    foreignKey({
      name: "compliance_violations_provider_fk",
      columns: [table.tenantId, table.providerId],
      foreignColumns: [cloudProviders.tenantId, cloudProviders.id],
    }).onDelete("restrict"),
    // One open violation for each policy, VM (or provider, where no VM is concerned) and type.
    uniqueIndex("compliance_violations_open_unique")
      .on(table.policyId, sql`coalesce(${table.vmId}, ${table.providerId})`, table.violationType)
      .where(sql`${table.resolvedAt} is null`),
    // The violations of a policy, newest first.
    index("idx_compliance_violations_policy_id").on(
      table.policyId,
      table.detectedAt.desc().nullsFirst(),
      table.id.desc().nullsFirst(),
    ),
    // The violations of a VM, newest first.
    index("idx_compliance_violations_vm_id").on(
      table.vmId,
      table.detectedAt.desc().nullsFirst(),
      table.id.desc().nullsFirst(),
    ),
    // The violations of a provider, newest first.
    index("idx_compliance_violations_provider_id").on(
      table.providerId,
      table.detectedAt.desc().nullsFirst(),
      table.id.desc().nullsFirst(),
    ),
    // The violations of a tenant, newest first.
    index("idx_compliance_violations_tenant_id").on(
      table.tenantId,
      table.detectedAt.desc().nullsFirst(),
      table.id.desc().nullsFirst(),
    ),
    check("compliance_violations_subject_check", sql`num_nonnulls(${table.vmId}, ${table.providerId}) > 0`),
    tenantPolicy("federation", table.tenantId),
  ],
);

export type ComplianceViolationRow = typeof complianceViolations.$inferSelect;
