import type { Insert, RowValues } from "./values.ts";

/** The kinds of objects of this database. */
export const monitoringKinds = ["alertRule", "alert", "metricImport"] as const;

/** Inserts the rows of the monitoring database. */
export async function insertMonitoringRows(
  insert: Insert,
  { tenantId, at, name, id, oneOf }: RowValues,
): Promise<void> {
  await insert("alert_rules", {
    id: id("alertRule"),
    name,
    tenant_id: tenantId,
    metric_name: "'cpu_usage_percent'",
    comparison_operator: "'>'",
    threshold_value: "90",
    evaluation_window: "interval '5 minutes'",
    severity: oneOf("alert_severity_enum", "info", "warning", "critical"),
    created_at: at,
  });
  await insert("alert_instances", {
    id: id("alert"),
    tenant_id: tenantId,
    rule_id: id("alertRule"),
    vm_id: id("vm"),
    node_id: id("clusterNode"),
    state: "'firing'",
    severity: oneOf("alert_severity_enum", "info", "warning", "critical"),
    message: name,
    started_at: at,
  });
  await insert("dataset_imports", {
    id: id("metricImport"),
    tenant_id: tenantId,
    dataset: name,
    source_fingerprint: name,
    started_at: at,
  });
  await insert("vm_metrics_latest", {
    tenant_id: tenantId,
    vm_id: id("vm"),
    node_id: id("clusterNode"),
    time: "now()",
    cpu_usage_percent: "i % 100",
  });
}
