import type { Json } from "./definition.ts";

/**
 * `running` includes the delay before a retry. `compensating` runs the undo of what was attempted. `parked` is a person's: a step could be neither done nor
 * undone, or no definition fits. `abandoned` was parked, and a person has accepted what is left behind.
 */
export const operationStates = [
  "pending",
  "running",
  "waiting",
  "done",
  "compensating",
  "compensated",
  "parked",
  "abandoned",
] as const;
export type OperationState = (typeof operationStates)[number];

/** A step without a record is pending. `failed` includes a step that will be retried. */
export const stepStates = ["attempted", "done", "failed", "undoing", "undone", "parked"] as const;
export type StepState = (typeof stepStates)[number];

/** A failure as it is stored and shown: without the contents of errors, which may hold secrets. */
export interface Failure {
  code: string;
  message: string;
  step?: string;
}

/** What a parked operation leaves behind: a step and what it returned, null when that is unknown. */
export interface Leftover {
  step: string;
  result: Json;
}

export interface StepRecord {
  position: number;
  name: string;
  state: StepState;
  attempts: number;
  undoAttempts: number;
  result?: Json;
  error?: Failure;
}

/** An operation as its store returns it to the worker that has claimed it. */
export interface OperationRecord {
  id: string;
  tenantId: string;
  actor: string | undefined;
  requestId: string | undefined;
  kind: string;
  definitionVersion: number;
  /** The names of all steps of its definition, as it was when the operation started. */
  stepNames: readonly string[];
  input: Json;
  state: OperationState;
  steps: readonly StepRecord[];
  signals: Readonly<Record<string, Json>>;
  cancelRequested: boolean;
  /** Milliseconds until the wait or the delay ends, by the store's clock: negative when it is over, undefined when there is none. */
  resumesInMs: number | undefined;
  token: number;
}

const ended: ReadonlySet<OperationState> = new Set(["done", "compensated", "parked", "abandoned"]);
export const hasEnded = (state: OperationState): boolean => ended.has(state);

/** What the worker records: the operation's new state, the step that changed, and when the operation is to be claimed again. */
export interface Change {
  state: OperationState;
  step?: StepRecord;
  /** The effect after that step, which is attempted next. */
  begins?: StepRecord;
  error?: Failure;
  leftBehind?: readonly Leftover[];
  /** The signal that the operation waits for. */
  waitingFor?: string;
  /**
   * `continue` keeps the lease. All others give it back: `rest` until the time that is stored, `resumeInMs` from now on, `end` for ever, `suspend` until a
   * worker has the definition, which then continues in the state before. An operation that waits for a signal that has arrived can be claimed at once.
   */
  next: "continue" | "rest" | "suspend" | "end" | { resumeInMs: number };
}

/** Returns the record as the store has it after the change. */
export function changed(record: OperationRecord, { state, step, begins }: Change): OperationRecord {
  let { steps } = record;
  for (const each of [step, begins])
    if (each)
      steps = [...steps.filter(({ position }) => position !== each.position), each].toSorted(
        (one, other) => one.position - other.position,
      );
  return { ...record, state, steps, token: record.token + 1, resumesInMs: undefined };
}
