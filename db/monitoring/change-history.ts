import { because, historyOf } from "../change-history/history.ts";
import { alertInstances } from "./schema/alert-instances.ts";
import { alertRules } from "./schema/alert-rules.ts";
import { datasetImports } from "./schema/dataset-imports.ts";

// What is recorded of the changes to each entity (docs/change-history.md).

export const alertRuleHistory = historyOf(alertRules, {
  type: "AlertRule",
  recorded: [
    "name",
    "description",
    "metricName",
    "aggregate",
    "comparisonOperator",
    "thresholdValue",
    "evaluationWindow",
    "forDuration",
    "keepFiringFor",
    "coolDown",
    "noDataPolicy",
    "scope",
    "severity",
    "labels",
    "enabled",
    "deletedAt",
  ],
  // The addresses of channels, such as webhooks, often contain a secret.
  noted: ["notificationChannels", "metadata"],
  unrecorded: {
    id: because.isKey,
    tenantId: because.isTenant,
    version: because.isCounter,
    createdAt: because.isCreation,
    updatedAt: because.isTime,
  },
});

export const alertHistory = historyOf(alertInstances, {
  type: "Alert",
  recorded: [
    "state",
    "severity",
    "nodeId",
    "labels",
    "firedAt",
    "resolvedAt",
    "acknowledgedAt",
    "acknowledgedBy",
    "acknowledgementNote",
    "acknowledgementExpiresAt",
    "flapCount",
  ],
  noted: ["metadata"],
  unrecorded: {
    id: because.isKey,
    tenantId: because.isTenant,
    ruleId: because.isParent,
    vmId: because.isParent,
    value: "it changes with each evaluation",
    message: "it contains the value of the last evaluation",
    startedAt: because.isCreation,
    version: because.isCounter,
    updatedAt: because.isTime,
  },
});

export const datasetImportHistory = historyOf(datasetImports, {
  type: "MetricImport",
  recorded: ["shiftSeconds", "keepTimes", "status", "finishedAt"],
  unrecorded: {
    id: because.isKey,
    tenantId: because.isTenant,
    dataset: because.isCreation,
    sourceFingerprint: because.isCreation,
    linesDone: "it is the progress of the import, which changes with each batch",
    rowsWritten: "it is the progress of the import, which changes with each batch",
    rowsRejected: "it is the progress of the import, which changes with each batch",
    traceStart: "it follows from the data, and may change with each batch",
    traceEnd: "it follows from the data, and may change with each batch",
    startedAt: because.isCreation,
    updatedAt: because.isTime,
  },
});
