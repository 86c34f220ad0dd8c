import { sql } from "drizzle-orm";
import { check, doublePrecision, foreignKey, index, jsonb, pgTable, uuid, varchar } from "drizzle-orm/pg-core";
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

/** A way to reduce the cost of one VM. A null provider means our own clusters. */
export const costOptimizations = pgTable(
  "cost_optimizations",
  {
    id: primaryId(),
    tenantId: tenantId(),
    vmId: uuid("vm_id").notNull(),
    currentProvider: uuid("current_provider"),
    recommendedProvider: uuid("recommended_provider"),
    currentCostPerHour: money("current_cost_per_hour"),
    projectedCostPerHour: money("projected_cost_per_hour"),
    potentialMonthlySavings: money("potential_monthly_savings"),
    currency: currency(),
    optimizationType: varchar("optimization_type", { length: 100 }).notNull(),
    /** 0 to 1. */
    confidenceScore: doublePrecision("confidence_score"),
    recommendation: jsonb("recommendation").$type<Record<string, unknown>>().notNull(),
    status: varchar("status", { length: 50 }).notNull().default("pending"),
    metadata: metadata(),
    version: version(),
    createdAt: createdAt(),
    appliedAt: timestamptz("applied_at"),
  },
  (table) => [
    foreignKey({
      name: "cost_optimizations_current_provider_fk",
      columns: [table.tenantId, table.currentProvider],
      foreignColumns: [cloudProviders.tenantId, cloudProviders.id],
    }).onDelete("restrict"),
    foreignKey({
      name: "cost_optimizations_recommended_provider_fk",
      columns: [table.tenantId, table.recommendedProvider],
      foreignColumns: [cloudProviders.tenantId, cloudProviders.id],
    }).onDelete("restrict"),
    // The optimizations of a VM, newest first.
    index("idx_cost_optimizations_vm_id").on(
      table.vmId,
      table.createdAt.desc().nullsFirst(),
      table.id.desc().nullsFirst(),
    ),
    // The optimizations of a tenant, newest first.
    index("idx_cost_optimizations_tenant_id").on(
      table.tenantId,
      table.createdAt.desc().nullsFirst(),
      table.id.desc().nullsFirst(),
    ),
    // Serve the foreign keys when a provider is removed.
    index("idx_cost_optimizations_current_provider").on(table.currentProvider),
    index("idx_cost_optimizations_recommended_provider").on(table.recommendedProvider),
    check(
      "cost_optimizations_costs_check",
      sql`${table.currentCostPerHour} >= 0 and ${table.projectedCostPerHour} >= 0`,
    ),
    check("cost_optimizations_confidence_check", sql`${table.confidenceScore} between 0 and 1`),
    tenantPolicy("federation", table.tenantId),
  ],
);

export type CostOptimizationRow = typeof costOptimizations.$inferSelect;
