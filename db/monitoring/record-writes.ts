import { recorder } from "../record-rows.ts";
import { alertChanges, alertRuleChanges } from "./changes.ts";

export const addAlertRules = recorder(alertRuleChanges);
export const addAlerts = recorder(alertChanges);
