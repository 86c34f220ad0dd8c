import type { Changes } from "../changes.ts";
import { alertInstances } from "./schema/alert-instances.ts";
import { alertRules } from "./schema/alert-rules.ts";
import { datasetImports } from "./schema/dataset-imports.ts";

// Which columns of a written row its event holds. `events/monitoring.ts` defines what other domains may rely on.

export const alertRuleChanges: Changes<typeof alertRules> = {
  table: alertRules,
  event: "alert_rule",
  payload: ["name", "severity", "enabled"],
};
export const alertChanges: Changes<typeof alertInstances> = {
  table: alertInstances,
  event: "alert",
  payload: [
    "ruleId",
    "vmId",
    "nodeId",
    "state",
    "severity",
    "startedAt",
    "resolvedAt",
    "acknowledgedAt",
    "acknowledgementExpiresAt",
  ],
};
export const datasetImportChanges: Changes<typeof datasetImports> = {
  table: datasetImports,
  event: "metric_import",
  payload: ["dataset", "status", "rowsWritten"],
};
