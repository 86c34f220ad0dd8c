import type { Database, Scope } from "#db/client.ts";
import { refreshHourly } from "#db/monitoring/hourly-rollup.ts";

export type SampleStream = "vm" | "system";

/**
 * Rolls up some of the hours that got samples.
 * @param jobs the monitoring database under its system role
 * @returns how many hours; 0 when all are done
 */
export const rollUpSome = (jobs: Database, scope: Scope, stream: SampleStream): Promise<number> =>
  jobs.write(scope, (tx) => refreshHourly(tx, stream));

/** Rolls up all hours that got samples, some in each transaction, until the signal. */
export async function rollUp(
  jobs: Database,
  scope: Scope,
  streams: readonly SampleStream[],
  signal: AbortSignal = new AbortController().signal,
): Promise<void> {
  for (const stream of streams) while (!signal.aborted && (await rollUpSome(jobs, scope, stream)) > 0);
}
