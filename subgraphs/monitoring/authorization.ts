import { platformOnly, platformWith } from "#lib/trust/request-context.ts";

/** The permission or policy of each root field, required for the subgraph to start, and of each other type and field with restricted access. */
export const authorization = {
  "Query.alertRule": "alert:read",
  "Query.alertRules": "alert:read",
  "Query.alert": "alert:read",
  "Query.alerts": "alert:read",
  "Query.topVms": "metric:read",
  "Query.metricImport": "metric:read",
  "Query.metricImports": "metric:read",
  "Subscription.alertChanged": "alert:read",
  "Subscription.vmMetrics": "metric:read",
  // Samples of nodes have no tenant.
  "ClusterNodePlatform.latestMetrics": "node:read",
  "ClusterNodePlatform.metrics": "node:read",
  "Subscription.nodeMetrics": platformWith("node:read"),
  // On every path by which they are reached.
  ClusterNodePlatform: platformOnly,
  AlertRule: "alert:read",
  AlertRuleConnection: "alert:read",
  Alert: "alert:read",
  AlertConnection: "alert:read",
  VmMetrics: "metric:read",
  VmMetricSeries: "metric:read",
  MetricImport: "metric:read",
  MetricImportConnection: "metric:read",
  AlertChange: "alert:read",
};
