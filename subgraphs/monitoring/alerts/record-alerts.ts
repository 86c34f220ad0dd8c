import type { Database, Scope } from "#db/client.ts";
import { addAlertRules, addAlerts } from "#db/monitoring/record-writes.ts";
import type { alertInstances } from "#db/monitoring/schema/alert-instances.ts";
import type { alertRules } from "#db/monitoring/schema/alert-rules.ts";
import type { RecordedRow } from "#db/record-rows.ts";

export interface AlertHistory {
  rules: readonly RecordedRow<typeof alertRules>[];
  alerts: readonly RecordedRow<typeof alertInstances>[];
}

/** Records rules, and alerts that were raised by them. What is recorded already stays as it is. @returns how many rows were added */
export const recordAlerts = (database: Database, scope: Scope, { rules, alerts }: AlertHistory): Promise<number> =>
  database.write(scope, async (tx) => (await addAlertRules(tx, rules)) + (await addAlerts(tx, alerts)));
