import type { Database, Scope } from "#db/client.ts";
import { dropOldMetrics } from "#db/monitoring/retention.ts";

/**
 * Drops the samples that are older than their retention and not held, some days in each transaction, until the signal.
 * @param jobs the monitoring database under its system role
 */
export async function dropOldSamples(jobs: Database, scope: Scope, now: Date, signal: AbortSignal): Promise<void> {
  while (!signal.aborted && (await jobs.write(scope, (tx) => dropOldMetrics(tx, now))) > 0);
}
