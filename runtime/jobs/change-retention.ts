import { removeOldChanges } from "#db/change-history/retention.ts";
import type { Database } from "#db/client.ts";
import type { PeriodicJob } from "./periodic-job.ts";

/** Removes changes of entities after their retention, and prepares for the next month. Of several programs that do so, one removes each month. */
export const changeRetention = (system: Database, retentionSeconds: number): PeriodicJob => ({
  name: `retention of ${system.domain} changes`,
  everyMs: 3_600_000,
  run: () => removeOldChanges(system, retentionSeconds),
});
