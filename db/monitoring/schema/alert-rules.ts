import { sql } from "drizzle-orm";
import { boolean, check, doublePrecision, index, interval, jsonb, pgTable, text, varchar } from "drizzle-orm/pg-core";
import { createdAt, primaryId, tenantId, tenantPolicy, timestamptz, updatedAt, version } from "../../columns.ts";
import { alertAggregate, alertSeverity, noDataPolicy } from "./enums.ts";

export const comparisonOperators = [">", "<", ">=", "<=", "==", "!="] as const;
export type ComparisonOperator = (typeof comparisonOperators)[number];

/** Which entities a rule watches. Tags are those of the VM; a VM matches when it has every one of them. */
export type AlertScope =
  | { entity: "vm"; by: "all" }
  | { entity: "vm"; by: "tags"; tags: Record<string, string> }
  | { entity: "vm"; by: "nodes"; nodeIds: string[] }
  | { entity: "vm"; by: "ids"; vmIds: string[] }
  | { entity: "node"; by: "all" }
  | { entity: "node"; by: "ids"; nodeIds: string[] };

/** Where a rule's notifications go. It never contains a channel's secrets. */
export interface NotificationChannel {
  kind: string;
  target: string;
}

/** Facts about a row in addition to its meaning: `origin` states that it was imported (the data set) or `generated`. */
export interface AlertMetadata {
  origin?: string;
  [key: string]: unknown;
}

export const alertRules = pgTable(
  "alert_rules",
  {
    id: primaryId(),
    name: varchar("name", { length: 255 }).notNull(),
    description: text("description"),
    tenantId: tenantId(),
    /** A column of vm_metrics or system_metrics, depending on the scope's entity. */
    metricName: varchar("metric_name", { length: 255 }).notNull(),
    /** How the samples of `evaluation_window` become one number; `rate` is for counters. */
    aggregate: alertAggregate("aggregate").notNull().default("avg"),
    comparisonOperator: varchar("comparison_operator", { length: 10 }).$type<ComparisonOperator>().notNull(),
    /** In the metric's own unit; per second where the aggregate is `rate`; meaningless where it is `absent`. */
    thresholdValue: doublePrecision("threshold_value").notNull(),
    evaluationWindow: interval("evaluation_window").notNull(),
    /** How long the condition must hold before the alert fires. */
    forDuration: interval("for_duration").notNull().default("PT0S"),
    /** How long a firing alert continues after the condition ended. */
    keepFiringFor: interval("keep_firing_for").notNull().default("PT0S"),
    /** An alert that opens again within this time of its end counts as a flap of the old alert. */
    coolDown: interval("cool_down").notNull().default("PT0S"),
    noDataPolicy: noDataPolicy("no_data_policy").notNull().default("keep"),
    scope: jsonb("scope").$type<AlertScope>().notNull().default({ entity: "vm", by: "all" }),
    severity: alertSeverity("severity").notNull(),
    labels: jsonb("labels").$type<Record<string, string>>().notNull().default({}),
    enabled: boolean("enabled").notNull().default(true),
    notificationChannels: jsonb("notification_channels").$type<NotificationChannel[]>().notNull().default([]),
    metadata: jsonb("metadata").$type<AlertMetadata>().notNull().default({}),
    /** Counts changes; an update names the version it saw. */
    version: version(),
    createdAt: createdAt(),
    updatedAt: updatedAt(),
    /** Soft delete: alert instances are history and outlive their rule. */
    deletedAt: timestamptz("deleted_at"),
  },
  (table) => [
    // The rules of a tenant, newest first.
    index("idx_alert_rules_tenant_id_created_at").on(table.tenantId, table.createdAt.desc().nullsFirst(), table.id),
    check(
      "alert_rules_comparison_operator_check",
      sql`${table.comparisonOperator} in ('>', '<', '>=', '<=', '==', '!=')`,
    ),
    check("alert_rules_evaluation_window_check", sql`${table.evaluationWindow} > interval '0'`),
    check(
      "alert_rules_durations_check",
      sql`${table.forDuration} >= interval '0' and ${table.keepFiringFor} >= interval '0' and ${table.coolDown} >= interval '0'`,
    ),
    tenantPolicy("monitoring", table.tenantId),
  ],
);

export type AlertRuleRow = typeof alertRules.$inferSelect;
