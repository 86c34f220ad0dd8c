import { changesOf } from "../changes.ts";
import { alertInstances } from "./schema/alert-instances.ts";
import { alertRules } from "./schema/alert-rules.ts";
import { datasetImports } from "./schema/dataset-imports.ts";

// Which tables have events. `events/monitoring.ts` lists the payload of each, column by column.

export const alertRuleChanges = changesOf(alertRules, "alert_rule");
export const alertChanges = changesOf(alertInstances, "alert");
export const datasetImportChanges = changesOf(datasetImports, "metric_import");
