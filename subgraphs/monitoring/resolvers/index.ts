import { metricsByGraphqlName } from "#db/monitoring/metrics.ts";
import {
  alertAggregate,
  alertSeverity,
  alertState,
  datasetImportStatus,
  noDataPolicy,
} from "#db/monitoring/schema/enums.ts";
import { enumValues } from "#lib/graphql/enum-values.ts";
import { serviceResolvers } from "#subgraphs/end-operation.ts";
import { operationResolvers } from "#subgraphs/operation-fields.ts";
import type { Resolvers } from "../generated/resolvers.ts";
import { Alert } from "./Alert.ts";
import { AlertChange } from "./AlertChange.ts";
import { AlertRule } from "./AlertRule.ts";
import { AlertScope } from "./AlertScope.ts";
import { ClusterNode } from "./ClusterNode.ts";
import { ClusterNodePlatform } from "./ClusterNodePlatform.ts";
import { MetricImport } from "./MetricImport.ts";
import { NodeMetrics } from "./NodeMetrics.ts";
import { NodeMetricSeries } from "./NodeMetricSeries.ts";
import { topVms } from "./Query/topVms.ts";
import { alertChanged } from "./Subscription/alertChanged.ts";
import { nodeMetrics } from "./Subscription/nodeMetrics.ts";
import { vmMetrics } from "./Subscription/vmMetrics.ts";
import { Vm } from "./Vm.ts";
import { VmMetrics } from "./VmMetrics.ts";
import { VmMetricSeries } from "./VmMetricSeries.ts";

export const resolvers: Resolvers = {
  ...operationResolvers("MonitoringOperation"),
  Query: { topVms, ...serviceResolvers("MonitoringOperation").Query },
  Mutation: serviceResolvers("MonitoringOperation").Mutation,
  Alert,
  AlertChange,
  AlertRule,
  AlertScope,
  ClusterNode,
  ClusterNodePlatform,
  MetricImport,
  NodeMetrics,
  NodeMetricSeries,
  Vm,
  VmMetrics,
  VmMetricSeries,
  AlertAggregate: enumValues(alertAggregate.enumValues),
  AlertEntity: enumValues(["vm", "node"]),
  AlertScopeSelector: enumValues(["all", "tags", "nodes", "ids"]),
  AlertSeverity: enumValues(alertSeverity.enumValues),
  AlertState: enumValues(alertState.enumValues),
  // The stored values are operator signs, which `enumValues` cannot convert, so these are mapped here.
  ComparisonOperator: {
    GREATER: ">",
    LESS: "<",
    GREATER_OR_EQUAL: ">=",
    LESS_OR_EQUAL: "<=",
    EQUAL: "==",
    NOT_EQUAL: "!=",
  },
  Metric: metricsByGraphqlName(),
  MetricImportStatus: enumValues(datasetImportStatus.enumValues),
  MetricTier: enumValues(["raw", "hourly"]),
  NoDataPolicy: enumValues(noDataPolicy.enumValues),
};

/** The fields of `Subscription`. */
export const live = { alertChanged, nodeMetrics, vmMetrics };
