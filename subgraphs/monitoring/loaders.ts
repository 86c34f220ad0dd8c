import type { Tx } from "#db/client.ts";
import type { RowOf } from "#db/entity.ts";
import { operationEntity } from "#db/operations/operations.ts";
import { alertInstanceEntity } from "#db/monitoring/alert-instances.ts";
import { alertRuleEntity } from "#db/monitoring/alert-rules.ts";
import { datasetImportEntity } from "#db/monitoring/dataset-imports-list.ts";
import { projectedVmById } from "#db/monitoring/projected-vms.ts";
import { latestNodeMetrics, nodeMetricSeries, type NodeSeriesMetric } from "#db/monitoring/system-metrics.ts";
import { topVms, type TopVmsRequest } from "#db/monitoring/top-vms.ts";
import { latestVmMetrics, vmMetricSeries, type VmSeriesMetric } from "#db/monitoring/vm-metrics.ts";
import type { SeriesRequest } from "./metrics/series-request.ts";
import { ArgumentLoader, entityLoaders, loaderOf } from "#lib/graphql/batching.ts";
import type { Page } from "#lib/graphql/pagination.ts";
import { operationLoaders } from "#subgraphs/operation-fields.ts";

/** The entities of this subgraph, by the names of their types. */
export const entities = {
  AlertRule: alertRuleEntity,
  Alert: alertInstanceEntity,
  MetricImport: datasetImportEntity,
  MonitoringOperation: operationEntity,
};

// Codegen reads the names of the entities, and takes these types for their types of the graph.
export type Row<Type extends keyof typeof entities> = RowOf<(typeof entities)[Type]>;
export type RowPage<Type extends keyof typeof entities> = Page<Row<Type>>;

export type MonitoringLoaders = ReturnType<typeof createMonitoringLoaders>;

/** Creates one loader per batch query. The loaders live for one request and share its transaction. */
export const createMonitoringLoaders = (tx: Tx) => ({
  ...entityLoaders(tx, entities),
  ...operationLoaders(tx),
  topVms: (request: TopVmsRequest) => topVms(tx, request),
  projectedVmById: loaderOf(tx, projectedVmById),
  latestVmMetrics: loaderOf(tx, latestVmMetrics),
  latestNodeMetrics: loaderOf(tx, latestNodeMetrics),
  vmMetricSeries: new ArgumentLoader((vmIds, request: SeriesRequest & { metrics: readonly VmSeriesMetric[] }) =>
    vmMetricSeries(tx, vmIds, request),
  ),
  nodeMetricSeries: new ArgumentLoader((nodeIds, request: SeriesRequest & { metrics: readonly NodeSeriesMetric[] }) =>
    nodeMetricSeries(tx, nodeIds, request),
  ),
});
