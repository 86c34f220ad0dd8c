import { sql } from "drizzle-orm";
import { contains, during, type Filter, hasTags, is, oneOf } from "../filters.ts";
import { defineEntity } from "../entity.ts";
import { by } from "../list.ts";
import { type Metric, storedMetricName } from "./metrics.ts";
import { alertRuleHistory } from "./change-history.ts";
import { alertRules } from "./schema/alert-rules.ts";

/** The rule watches one of the metrics. */
const watches: Filter = (name, value, argument) =>
  oneOf(alertRules.metricName)(name, (value as readonly Metric[]).map(storedMetricName), argument);

export const alertRuleEntity = defineEntity({
  table: alertRules,
  history: alertRuleHistory,
  // A deleted rule is history: it is listed when a filter requests its id, and its alerts still refer to it.
  unlessFiltered: { by: ["id"], condition: sql`${alertRules.deletedAt} is null` },
  filters: {
    id: oneOf(alertRules.id),
    severity: oneOf(alertRules.severity),
    enabled: is(alertRules.enabled),
    metric: watches,
    labels: hasTags(alertRules.labels),
    createdAt: during(alertRules.createdAt),
    text: contains(alertRules.name, alertRules.description),
  },
  orders: {
    CREATED_AT: alertRules.createdAt,
    UPDATED_AT: alertRules.updatedAt,
    NAME: alertRules.name,
    SEVERITY: alertRules.severity,
  },
  defaultOrder: { field: "CREATED_AT", direction: "DESC" },
  under: {
    "Tenant.alertRules": by(alertRules.tenantId),
  },
});
