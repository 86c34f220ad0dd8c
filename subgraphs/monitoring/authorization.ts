/** What each root field needs. Fields without an entry stop the start of the subgraph. */
export const authorization = {
  "Query.alertRule": "alert:read",
  "Query.alertRules": "alert:read",
  "Query.alert": "alert:read",
  "Query.alerts": "alert:read",
  "Query.metricImport": "metric:read",
  "Query.metricImports": "metric:read",
};
