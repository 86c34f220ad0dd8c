import type { Tx } from "#db/client.ts";
import {
  alertInstanceById,
  alertInstanceList,
  alertInstancesOfRule,
  alertInstancesOfTenant,
  alertInstancesOfVm,
  alertInstancesOnNode,
} from "#db/monitoring/alert-instances.ts";
import { alertRuleById, alertRuleList, alertRulesOfTenant } from "#db/monitoring/alert-rules.ts";
import { datasetImportById, datasetImportList } from "#db/monitoring/dataset-imports-list.ts";
import { projectedVmById } from "#db/monitoring/projected-vms.ts";
import { latestNodeMetrics, nodeMetricSeries, type NodeSeriesMetric } from "#db/monitoring/system-metrics.ts";
import { topVms, type TopVmsRequest } from "#db/monitoring/top-vms.ts";
import { latestVmMetrics, vmMetricSeries, type VmSeriesMetric } from "#db/monitoring/vm-metrics.ts";
import { ArgumentLoader, loadersOn } from "#lib/graphql/batching.ts";
import type { SeriesRequest } from "./metrics/series-request.ts";

export type MonitoringLoaders = ReturnType<typeof createMonitoringLoaders>;

/** Creates one loader per batch query. The loaders live for one request and share its transaction. */
export function createMonitoringLoaders(tx: Tx) {
  const { one, list, among, under } = loadersOn(tx);
  return {
    alertRuleById: one(alertRuleById),
    alertRules: list(alertRuleList),
    alertRulesOfTenant: under(alertRulesOfTenant),
    isAlertAmong: among(alertInstanceList),
    alertById: one(alertInstanceById),
    alerts: list(alertInstanceList),
    alertsOfVm: under(alertInstancesOfVm),
    alertsOnNode: under(alertInstancesOnNode),
    alertsOfTenant: under(alertInstancesOfTenant),
    alertsOfRule: under(alertInstancesOfRule),
    metricImportById: one(datasetImportById),
    metricImports: list(datasetImportList),
    topVms: (request: TopVmsRequest) => topVms(tx, request),
    projectedVmById: one(projectedVmById),
    latestVmMetrics: one(latestVmMetrics),
    latestNodeMetrics: one(latestNodeMetrics),
    vmMetricSeries: new ArgumentLoader((vmIds, request: SeriesRequest & { metrics: readonly VmSeriesMetric[] }) =>
      vmMetricSeries(tx, vmIds, request),
    ),
    nodeMetricSeries: new ArgumentLoader((nodeIds, request: SeriesRequest & { metrics: readonly NodeSeriesMetric[] }) =>
      nodeMetricSeries(tx, nodeIds, request),
    ),
  };
}
