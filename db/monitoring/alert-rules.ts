import { sql } from "drizzle-orm";
import { contains, during, type Filter, hasTags, is, oneOf } from "../filters.ts";
import { by, defineList } from "../list.ts";
import { lookup } from "../lookup.ts";
import { type Metric, storedMetricName } from "./metrics.ts";
import { type AlertRuleRow, alertRules } from "./schema/alert-rules.ts";

export const alertRuleById = lookup<AlertRuleRow>({ table: alertRules });

/** The rule watches one of the metrics. */
const watches: Filter = (name, value, argument) =>
  oneOf(alertRules.metricName)(name, (value as readonly Metric[]).map(storedMetricName), argument);

export const alertRuleList = defineList<AlertRuleRow>({
  table: alertRules,
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
});

export const alertRulesOfTenant = alertRuleList.under(by(alertRules.tenantId));
