import { boolean, index, integer, jsonb, pgTable, text, unique, varchar } from "drizzle-orm/pg-core";
import { createdAt, metadata, primaryId, tenantId, tenantPolicy, updatedAt, version } from "../../columns.ts";
import { policyTypeEnum } from "./enums.ts";

export const schedulingPolicies = pgTable(
  "scheduling_policies",
  {
    id: primaryId(),
    name: varchar("name", { length: 255 }).notNull(),
    description: text("description"),
    tenantId: tenantId(),
    priority: integer("priority").notNull().default(0),
    policyType: policyTypeEnum("policy_type").notNull(),
    rules: jsonb("rules").$type<unknown>().notNull(),
    constraints: jsonb("constraints").$type<Record<string, unknown>>().notNull().default({}),
    preferences: jsonb("preferences").$type<Record<string, unknown>>().notNull().default({}),
    antiAffinityRules: jsonb("anti_affinity_rules").$type<unknown[]>().notNull().default([]),
    resourceRequirements: jsonb("resource_requirements").$type<Record<string, unknown>>(),
    enabled: boolean("enabled").notNull().default(true),
    metadata: metadata(),
    version: version(),
    createdAt: createdAt(),
    updatedAt: updatedAt(),
  },
  (table) => [
    unique("scheduling_policies_name_unique").on(table.tenantId, table.name),
    // The policies of a tenant, newest first.
    index("idx_scheduling_policies_tenant_id").on(
      table.tenantId,
      table.createdAt.desc().nullsFirst(),
      table.id.desc().nullsFirst(),
    ),
    tenantPolicy("scheduler", table.tenantId),
  ],
);

export type SchedulingPolicyRow = typeof schedulingPolicies.$inferSelect;
