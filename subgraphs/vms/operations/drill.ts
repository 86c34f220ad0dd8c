import type { WriteTx } from "#db/client.ts";
import type { OperationDefinition, StepContext } from "#lib/operations/definition.ts";
import { StepFailure } from "#lib/operations/failures.ts";
import { pause } from "#lib/pause.ts";

/** The steps that can be made to fail. */
export const failingSteps = ["begin", "work", "finish"] as const;
/** The steps whose undo can be made to fail. When `finish` has worked, nothing is undone. */
export const stuckSteps = ["begin", "work"] as const;
export const longestWorkSeconds = 600;

/** How a drill runs. It has no optional properties, so that equal drills have equal inputs. */
export type DrillInput = {
  /** How long the step `work` takes. */
  readonly workSeconds: number;
  /** The step that fails. */
  readonly failsAt: (typeof failingSteps)[number] | null;
  /** The step whose undo never works: a drill that fails or is cancelled after it is parked. */
  readonly undoFailsAt: (typeof stuckSteps)[number] | null;
};

/** The signal that lets a drill continue. */
export const goSignal = "go";

type Context = StepContext<DrillInput>;

const fail = (name: DrillInput["failsAt"], { input }: Context): null => {
  if (input.failsAt !== name) return null;
  throw new StepFailure("DRILL_FAILED", "The step fails, as this drill requires.", { isFinal: true });
};
const undo = (name: DrillInput["undoFailsAt"], { input }: Context): void => {
  if (input.undoFailsAt === name) throw new StepFailure("DRILL_UNDO_FAILED", "The undo fails, as this drill requires.");
};

const retry = { attempts: 3, firstDelayMs: 200, longestDelayMs: 1_000 };
const short = { retry, timeLimitMs: 10_000, undoRetry: retry, undoTimeLimitMs: 10_000 };

/** An operation that does nothing, with which people rehearse: to watch one, to continue it, to cancel it, to kill its worker, to abandon it. */
export const drill: OperationDefinition<WriteTx, DrillInput> = {
  kind: "drill",
  version: 1,
  steps: [
    {
      type: "transaction",
      name: "begin",
      ...short,
      run: async (context) => fail("begin", context),
      undo: async (context) => undo("begin", context),
    },
    { type: "wait", name: "hold", until: { signal: goSignal, withinMs: 3_600_000 } },
    {
      type: "effect",
      name: "work",
      ...short,
      timeLimitMs: 1_000 * (longestWorkSeconds + 10),
      run: async (context) => {
        const { input, signal } = context;
        await pause(1_000 * input.workSeconds, signal);
        signal.throwIfAborted();
        return fail("work", context);
      },
      undo: async (context) => undo("work", context),
      lastSafePoint: true,
    },
    { type: "transaction", name: "finish", ...short, run: async (context) => fail("finish", context) },
  ],
};
