import { boolean, index, jsonb, pgTable, text, unique, varchar } from "drizzle-orm/pg-core";
import { createdAt, metadata, primaryId, tenantId, tenantPolicy, updatedAt, version } from "../../columns.ts";

export const compliancePolicies = pgTable(
  "compliance_policies",
  {
    id: primaryId(),
    tenantId: tenantId(),
    name: varchar("name", { length: 255 }).notNull(),
    /** For example GDPR, HIPAA, SOC2, PCI-DSS. */
    framework: varchar("framework", { length: 100 }).notNull(),
    description: text("description"),
    rules: jsonb("rules").$type<unknown>().notNull(),
    dataResidencyRequirements: jsonb("data_residency_requirements").$type<Record<string, unknown>>(),
    encryptionRequirements: jsonb("encryption_requirements").$type<Record<string, unknown>>(),
    auditRequirements: jsonb("audit_requirements").$type<Record<string, unknown>>(),
    enabled: boolean("enabled").notNull().default(true),
    metadata: metadata(),
    version: version(),
    createdAt: createdAt(),
    updatedAt: updatedAt(),
  },
  (table) => [
    unique("compliance_policies_name_unique").on(table.tenantId, table.name),
    // The target of the foreign keys of violations, so that a violation's copied tenant cannot differ from its policy's.
    unique("compliance_policies_tenant_id_id_unique").on(table.tenantId, table.id),
    // The policies of a tenant, newest first.
    index("idx_compliance_policies_tenant_id").on(
      table.tenantId,
      table.createdAt.desc().nullsFirst(),
      table.id.desc().nullsFirst(),
    ),
    tenantPolicy("federation", table.tenantId),
  ],
);

export type CompliancePolicyRow = typeof compliancePolicies.$inferSelect;
