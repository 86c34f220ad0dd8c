import { sql } from "drizzle-orm";
import { check, doublePrecision, index, integer, jsonb, pgTable, text, uniqueIndex, uuid } from "drizzle-orm/pg-core";
import { primaryId, tenantId, tenantPolicy, timestamptz, updatedAt, version } from "../../columns.ts";
import { type AlertMetadata, alertRules } from "./alert-rules.ts";
import { alertSeverity, alertState } from "./enums.ts";

/** One alert of one rule about one entity: `vm_id` for a VM, otherwise `node_id`. An alert about a VM may also name the node that runs it. */
export const alertInstances = pgTable(
  "alert_instances",
  {
    id: primaryId(),
    tenantId: tenantId(),
    ruleId: uuid("rule_id")
      .notNull()
      .references(() => alertRules.id, { onDelete: "cascade" }),
    vmId: uuid("vm_id"),
    nodeId: uuid("node_id"),
    /** pending, firing or resolved. */
    state: alertState("state").notNull(),
    /** The rule's severity when the alert was last written, so that lists filter and sort by it without the rule. */
    severity: alertSeverity("severity").notNull(),
    /** The result of the rule's aggregate at the last evaluation. */
    value: doublePrecision("value"),
    message: text("message"),
    labels: jsonb("labels").$type<Record<string, string>>().notNull().default({}),
    metadata: jsonb("metadata").$type<AlertMetadata>().notNull().default({}),
    /** When the condition first held, in the time of the data. */
    startedAt: timestamptz("started_at").notNull(),
    /** When the condition had held for the rule's `for_duration`; null while pending. */
    firedAt: timestamptz("fired_at"),
    resolvedAt: timestamptz("resolved_at"),
    acknowledgedAt: timestamptz("acknowledged_at"),
    acknowledgedBy: uuid("acknowledged_by"),
    acknowledgementNote: text("acknowledgement_note"),
    /** After this time, the acknowledgement no longer stops repeats; null means that it lasts. */
    acknowledgementExpiresAt: timestamptz("acknowledgement_expires_at"),
    /** How often the alert opened again inside the rule's cool-down. */
    flapCount: integer("flap_count").notNull().default(0),
    version: version(),
    updatedAt: updatedAt(),
  },
  (table) => [
    index("idx_alert_instances_rule_id").on(table.ruleId),
    index("idx_alert_instances_state").on(table.state),
    // One open alert per rule and entity.
    uniqueIndex("idx_alert_instances_one_open")
      .on(table.ruleId, sql`coalesce(vm_id, node_id)`)
      .where(sql`state <> 'resolved'`),
    // A tenant's alerts, newest first.
    index("idx_alert_instances_tenant_id_started_at").on(
      table.tenantId,
      table.startedAt.desc().nullsFirst(),
      table.id.desc().nullsFirst(),
    ),
    // `Vm.alerts`, newest first.
    index("idx_alert_instances_vm_id_started_at").on(table.vmId, table.startedAt.desc().nullsFirst()),
    // `ClusterNode.alerts`, newest first.
    index("idx_alert_instances_node_id_started_at").on(table.nodeId, table.startedAt.desc().nullsFirst()),
    check("alert_instances_state_check", sql`${table.state} <> 'acknowledged'`),
    check("alert_instances_entity_check", sql`num_nonnulls(${table.vmId}, ${table.nodeId}) > 0`),
    check("alert_instances_resolved_check", sql`(${table.state} = 'resolved') = (${table.resolvedAt} is not null)`),
    check(
      "alert_instances_acknowledged_check",
      sql`(${table.acknowledgedAt} is null) = (${table.acknowledgedBy} is null)`,
    ),
    tenantPolicy("monitoring", table.tenantId),
  ],
);

export type AlertInstanceRow = typeof alertInstances.$inferSelect;
