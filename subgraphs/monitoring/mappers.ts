import type { Metric as MetricValue } from "#db/monitoring/metrics.ts";
import type { MetricSeries, MetricSeriesColumn } from "#db/monitoring/metric-series.ts";
import type { AlertInstanceRow } from "#db/monitoring/schema/alert-instances.ts";
import type { AlertRuleRow, AlertScope as AlertScopeValue } from "#db/monitoring/schema/alert-rules.ts";
import type { DatasetImportRow } from "#db/monitoring/schema/dataset-imports.ts";
import type { SystemMetricLatestRow } from "#db/monitoring/schema/system-metrics-latest.ts";
import type { VmMetricLatestRow } from "#db/monitoring/schema/vm-metrics-latest.ts";
import type { NodeSeriesMetric } from "#db/monitoring/system-metrics.ts";
import type { VmSeriesMetric } from "#db/monitoring/vm-metrics.ts";
import type { AlertChangeRow } from "./alerts/change.ts";
import type { StateOfOperation, StateOfStep } from "#subgraphs/operation-fields.ts";

// The values that resolvers return for GraphQL types, under the types' names, which codegen reads. An entity is its row without a line here.

export interface ClusterNodePlatform {
  /** The node's id. */
  id: string;
}

export type VmMetrics = VmMetricLatestRow;
export type NodeMetrics = SystemMetricLatestRow;
export type VmMetricSeries = MetricSeries<VmSeriesMetric>;
export type NodeMetricSeries = MetricSeries<NodeSeriesMetric>;
export type MetricColumn = MetricSeriesColumn;

export type AlertScope = AlertScopeValue;
export type AlertChange = AlertChangeRow;

export type AlertAggregate = AlertRuleRow["aggregate"];
export type AlertEntity = AlertScopeValue["entity"];
export type AlertScopeSelector = AlertScopeValue["by"];
export type AlertSeverity = AlertRuleRow["severity"];
export type AlertState = AlertInstanceRow["state"];
export type ComparisonOperator = AlertRuleRow["comparisonOperator"];
export type Metric = MetricValue;
export type MetricImportStatus = DatasetImportRow["status"];
export type MetricTier = VmMetricSeries["tier"];
export type NoDataPolicy = AlertRuleRow["noDataPolicy"];
export type OperationState = StateOfOperation;
export type OperationStepState = StateOfStep;
