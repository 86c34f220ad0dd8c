import type { Scope, WriteTx } from "#db/client.ts";
import { log } from "#lib/observability/log.ts";
import type { EffectStep, Json } from "#lib/operations/definition.ts";
import type { ScheduleDefinition } from "#lib/operations/schedule.ts";

/** Work that no request waits for, started by the clock. */
export interface Job {
  /** The name of its schedule and the kind of its operations: `roll_up_samples`. */
  name: string;
  /** In UTC: docs/operations.md describes the fields. */
  cron: string;
  /** Another list of steps is the next version. */
  version?: number;
  /** In their order. A step that fails for good ends the operation. */
  steps: readonly JobStep[];
}

export interface JobStep {
  name: string;
  /**
   * Does what is to be done now, and may be repeated at any time. Ends early at the signal.
   * @param scope of its transactions: the platform tenant, the job as the actor, and its operation
   * @returns what is shown as the step's result
   */
  run(signal: AbortSignal, scope: Scope): Promise<Json>;
}

/** Returns the schedule of a job, whose steps have nothing to undo. */
export const scheduled = ({ name, cron, version = 1, steps }: Job): ScheduleDefinition<WriteTx> => ({
  name,
  cron,
  operation: { kind: name, version, steps: steps.map((step) => repeatable(name, step)) },
});

const retry = { attempts: 3, firstDelayMs: 5_000, longestDelayMs: 60_000 };
const timeLimitMs = 600_000;

const repeatable = (job: string, { name, run }: JobStep): EffectStep => ({
  type: "effect",
  name,
  retry,
  timeLimitMs,
  undoRetry: retry,
  undoTimeLimitMs: timeLimitMs,
  run: async ({ signal, attempt, tenantId, fence: { operationId } }) => {
    try {
      return await run(signal, { tenantId, actor: `job:${job}`, operationId });
    } catch (error) {
      if (!signal.aborted) log.jobs.warn({ err: error, job, step: name, attempt }, "a job failed");
      throw error;
    }
  },
});
