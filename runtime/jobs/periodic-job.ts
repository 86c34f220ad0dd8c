import { log } from "#lib/observability/log.ts";
import { pause } from "#lib/pause.ts";

/** Work that is repeated at an interval. Several programs may run the same job at once, so its use case must allow that. */
export interface PeriodicJob {
  /** For the log: `rollup`. */
  name: string;
  /** The time from the end of one round to the start of the next, in milliseconds. */
  everyMs: number;
  run(signal: AbortSignal): Promise<unknown>;
}

/** Repeats a job until the signal aborts. A round that fails is logged and tried again at the next interval. Resolves after the round in which the signal came. */
export async function repeat({ name, everyMs, run }: PeriodicJob, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    try {
      await run(signal);
    } catch (error) {
      if (!signal.aborted) log.jobs.warn({ err: error, job: name }, "a job failed and will be tried again");
    }
    await pause(everyMs, signal);
  }
}
