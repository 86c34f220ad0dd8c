import { sql } from "drizzle-orm";
import { contains, during, type Filter, hasTags, isNull, oneOf } from "../filters.ts";
import { defineEntity } from "../entity.ts";
import { by } from "../list.ts";
import { alertHistory } from "./change-history.ts";
import { type AlertInstanceRow, alertInstances } from "./schema/alert-instances.ts";
import { shownState } from "./shown-state.ts";

const timeOf = (value: unknown): Date | null =>
  value === null ? null : value instanceof Date ? value : new Date(String(value));

/** The alert is shown in one of the states. `acknowledged` is among them, although no row stores it: `shownState` derives it in the same way for one row. */
const shownIn: Filter = (name, value) => ({
  shape: name,
  sql: sql`case when ${alertInstances.state} <> 'resolved' and ${alertInstances.acknowledgedAt} is not null
      and coalesce(${alertInstances.acknowledgementExpiresAt} > now(), true)
    then 'acknowledged' else ${alertInstances.state}::text end = any(${sql.placeholder(name)}::text[])`,
  values: { [name]: value },
  test: {
    properties: ["state", "acknowledgedAt", "acknowledgementExpiresAt"],
    holds: (row, at) => {
      const alert = {
        state: row["state"] as AlertInstanceRow["state"],
        acknowledgedAt: timeOf(row["acknowledgedAt"]),
        acknowledgementExpiresAt: timeOf(row["acknowledgementExpiresAt"]),
      };
      return (value as readonly string[]).includes(shownState(alert, at));
    },
  },
});

export const alertInstanceEntity = defineEntity({
  table: alertInstances,
  history: alertHistory,
  filters: {
    id: oneOf(alertInstances.id),
    severity: oneOf(alertInstances.severity),
    state: shownIn,
    // The state is `resolved` exactly when `resolved_at` is set: a constraint of the table.
    open: isNull(alertInstances.resolvedAt),
    vm: oneOf(alertInstances.vmId),
    node: oneOf(alertInstances.nodeId),
    rule: oneOf(alertInstances.ruleId),
    acknowledgedBy: oneOf(alertInstances.acknowledgedBy),
    labels: hasTags(alertInstances.labels),
    startedAt: during(alertInstances.startedAt),
    resolvedAt: during(alertInstances.resolvedAt),
    text: contains(alertInstances.message),
  },
  orders: {
    STARTED_AT: alertInstances.startedAt,
    UPDATED_AT: alertInstances.updatedAt,
    SEVERITY: alertInstances.severity,
  },
  defaultOrder: { field: "STARTED_AT", direction: "DESC" },
  under: {
    "Vm.alerts": by(alertInstances.vmId),
    "ClusterNode.alerts": by(alertInstances.nodeId),
    "Tenant.alerts": by(alertInstances.tenantId),
    "AlertRule.alerts": by(alertInstances.ruleId),
  },
});
