import { sql } from "drizzle-orm";
import {
  check,
  doublePrecision,
  index,
  integer,
  interval,
  jsonb,
  pgTable,
  text,
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
import type { NodeResources } from "./node-resources.ts";

export const scalingRecommendations = pgTable(
  "scaling_recommendations",
  {
    id: primaryId(),
    tenantId: tenantId(),
    vmId: uuid("vm_id").notNull(),
    currentResources: jsonb("current_resources").$type<Partial<NodeResources>>().notNull(),
    recommendedResources: jsonb("recommended_resources").$type<Partial<NodeResources>>().notNull(),
    /** 0 to 1. */
    predictionConfidence: doublePrecision("prediction_confidence"),
    predictionHorizon: interval("prediction_horizon").notNull(),
    /** The change of the monthly cost; negative is a saving. */
    costImpact: money("cost_impact"),
    currency: currency(),
    performanceImpact: jsonb("performance_impact").$type<Record<string, unknown>>(),
    recommendationReason: text("recommendation_reason"),
    mlModelVersion: varchar("ml_model_version", { length: 50 }),
    metadata: metadata(),
    version: version(),
    createdAt: createdAt(),
    appliedAt: timestamptz("applied_at"),
    /** A user's rating of the recommendation: 1 to 5. */
    feedbackScore: integer("feedback_score"),
  },
  (table) => [
    // The recommendations for a VM, newest first.
    index("idx_scaling_recommendations_vm_id").on(
      table.vmId,
      table.createdAt.desc().nullsFirst(),
      table.id.desc().nullsFirst(),
    ),
    // The recommendations of a tenant, newest first.
    index("idx_scaling_recommendations_tenant_id").on(
      table.tenantId,
      table.createdAt.desc().nullsFirst(),
      table.id.desc().nullsFirst(),
    ),
    check("scaling_recommendations_confidence_check", sql`${table.predictionConfidence} between 0 and 1`),
    check("scaling_recommendations_feedback_check", sql`${table.feedbackScore} between 1 and 5`),
    tenantPolicy("scheduler", table.tenantId),
  ],
);

export type ScalingRecommendationRow = typeof scalingRecommendations.$inferSelect;
