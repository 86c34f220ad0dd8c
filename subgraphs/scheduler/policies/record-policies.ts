import type { Database, Scope } from "#db/client.ts";
import type { RecordedRow } from "#db/record-rows.ts";
import { addSchedulingPolicies } from "#db/scheduler/record-writes.ts";
import type { schedulingPolicies } from "#db/scheduler/schema/scheduling-policies.ts";

/** Records policies. Existing ones stay as they are. @returns how many were added */
export const recordPolicies = (
  database: Database,
  scope: Scope,
  policies: readonly RecordedRow<typeof schedulingPolicies>[],
): Promise<number> => database.write(scope, (tx) => addSchedulingPolicies(tx, policies));
