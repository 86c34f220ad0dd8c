import type { OperationDefinition, Step, WaitStep } from "./definition.ts";
import {
  type Change,
  changed,
  type Failure,
  hasEnded,
  type Leftover,
  type OperationRecord,
  type StepRecord,
} from "./record.ts";
import type { Json } from "./definition.ts";
import { retryDelayMs } from "./retry.ts";

/** The rules of an operation, without I/O: what to do next, and what to record of what happened. */

type WorkStep<Tx> = Exclude<Step<Tx>, WaitStep>;

/** What a worker has to do with an operation that it holds. */
export type Action<Tx> =
  | { do: "run" | "undo"; step: WorkStep<Tx>; position: number }
  | { do: "record"; event: OperationEvent }
  | { do: "nothing" };

export type OperationEvent =
  | { type: "attempted"; position: number }
  | { type: "succeeded"; position: number; result: Json }
  /** @property isFinal true when no further attempt can succeed */
  | { type: "failed"; position: number; failure: Failure; isFinal: boolean }
  | { type: "undo attempted"; position: number }
  | { type: "undone"; position: number }
  | { type: "undo failed"; position: number; failure: Failure }
  | { type: "wait began"; position: number }
  | { type: "not due"; position: number }
  | { type: "cancelled" }
  /** @property isFinal whether the operation cannot continue with the definition that it was started with either */
  | { type: "definition missing"; failure: Failure; isFinal?: boolean };

export function nextAction<Tx>(record: OperationRecord, definition: OperationDefinition<Tx> | undefined): Action<Tx> {
  if (hasEnded(record.state)) return { do: "nothing" };
  if (!definition) return missing("DEFINITION_MISSING", record, "no worker has this version of the definition.");
  const other = otherStep(record.stepNames, definition);
  if (other !== undefined)
    return missing("DEFINITION_CHANGED", record, "this version has other steps than when it was started.", {
      step: other,
    });
  if (record.state === "compensating") return nextUndo(record, definition);
  if (record.cancelRequested) return { do: "record", event: { type: "cancelled" } };
  const position = definition.steps.findIndex((_, at) => stepRecord(record, at)?.state !== "done");
  const step = definition.steps[position];
  if (!step) throw new Error(`The operation ${record.id} has done all its steps and has not ended.`);
  const known = stepRecord(record, position);
  if (step.type === "wait") return nextOfWait(record, step, position);
  if (known?.state === "failed" && isDelayed(record)) return { do: "record", event: { type: "not due", position } };
  // Attempted for the last time, with an unknown result.
  if (known && known.attempts >= step.retry.attempts) {
    const failure = { code: "RESULT_LOST", message: "The result of the last attempt was lost.", step: step.name };
    return { do: "record", event: { type: "failed", position, failure, isFinal: true } };
  }
  return { do: "run", step, position };
}

function nextOfWait(record: OperationRecord, { name, until }: WaitStep, position: number): Action<never> {
  const event = ((): OperationEvent => {
    if (!stepRecord(record, position)) return { type: "wait began", position };
    const isOver = record.resumesInMs !== undefined && record.resumesInMs <= 0;
    if (!("signal" in until))
      return isOver ? { type: "succeeded", position, result: null } : { type: "not due", position };
    const content = record.signals[until.signal];
    if (content !== undefined) return { type: "succeeded", position, result: content };
    if (!isOver) return { type: "not due", position };
    const failure = {
      code: "WAIT_TIMED_OUT",
      message: `The signal ${until.signal} did not arrive in time.`,
      step: name,
    };
    return { type: "failed", position, failure, isFinal: true };
  })();
  return { do: "record", event };
}

function nextUndo<Tx>(record: OperationRecord, definition: OperationDefinition<Tx>): Action<Tx> {
  const known = toUndo(record, definition).at(-1);
  const step = known && definition.steps[known.position];
  // Its steps have the same names: it would be parked again if a worker with this definition let it continue.
  if (!step || step.type === "wait")
    return missing("DEFINITION_CHANGED", record, "this version has lost an undo.", { isFinal: true });
  const { position } = known;
  if (known.undoAttempts > 0 && isDelayed(record)) return { do: "record", event: { type: "not due", position } };
  if (known.undoAttempts >= step.undoRetry.attempts) {
    const failure = { code: "RESULT_LOST", message: "The result of the last undo was lost.", step: step.name };
    return { do: "record", event: { type: "undo failed", position, failure } };
  }
  return { do: "undo", step, position };
}

/**
 * Returns what to record of an event.
 * @param random from 0 to 1, for the delay before a retry
 */
export function apply<Tx>(
  record: OperationRecord,
  definition: OperationDefinition<Tx> | undefined,
  event: OperationEvent,
  random: number,
): Change {
  if (event.type === "definition missing")
    return {
      state: "parked",
      error: event.failure,
      leftBehind: leftovers(record.steps.filter(isLeft)),
      next: event.isFinal ? "end" : "suspend",
    };
  if (!definition) throw new Error(`${event.type} needs a definition.`);
  if (event.type === "cancelled") return compensating(record, definition, cancelled);
  const step = definition.steps[event.position];
  if (!step) throw new Error(`The definition has no step ${event.position}.`);
  const known = stepRecord(record, event.position) ?? {
    position: event.position,
    name: step.name,
    state: "attempted",
    attempts: 0,
    undoAttempts: 0,
  };
  const at = { record, definition, step, known, random };
  switch (event.type) {
    case "attempted":
      return {
        state: "running",
        step: { ...known, state: "attempted", attempts: known.attempts + 1 },
        next: "continue",
      };
    case "undo attempted":
      return {
        state: "compensating",
        step: { ...known, state: "undoing", undoAttempts: known.undoAttempts + 1 },
        next: "continue",
      };
    case "wait began":
      return waitBegan(step as WaitStep, known);
    case "not due":
      return { state: record.state, ...waitingFor(step), next: "rest" };
    case "succeeded":
      return succeeded(at, event.result);
    case "failed":
      return failed(at, event);
    case "undone": {
      const undoAttempts = known.undoAttempts + uncounted(step);
      return compensating(record, definition, undefined, { ...known, state: "undone", undoAttempts });
    }
  }
  return undoFailed(at, event.failure);
}

/** Returns the change that ends a step with the beginning of the effect after it: one record states both. */
export function withNextEffect<Tx>(
  record: OperationRecord,
  definition: OperationDefinition<Tx> | undefined,
  change: Change,
): Change {
  if (change.step?.state !== "done" || change.state !== "running") return change;
  const after = changed(record, change);
  const action = nextAction(after, definition);
  if (action.do !== "run" || action.step.type !== "effect") return change;
  const { step: begins } = apply(after, definition, { type: "attempted", position: action.position }, 0);
  return begins ? { ...change, begins } : change;
}

/** Returns whether the event states what has happened outside the record, which must not be forgotten. */
export const isOutcome = ({ type }: OperationEvent): boolean =>
  type === "succeeded" || type === "failed" || type === "undone" || type === "undo failed";

/** Returns the outcome of a step with this failure in place of what it returned, which cannot be recorded. */
export function withFailure(event: OperationEvent, failure: Failure): OperationEvent {
  if (event.type === "undo failed") return { ...event, failure };
  if (event.type !== "succeeded" && event.type !== "failed") return event;
  return { type: "failed", position: event.position, failure, isFinal: true };
}

interface At<Tx> {
  record: OperationRecord;
  definition: OperationDefinition<Tx>;
  step: Step<Tx>;
  known: StepRecord;
  random: number;
}

/** The attempt of a step in a transaction is counted with its outcome: before that, nothing of it exists. */
const uncounted = <Tx>({ type }: Step<Tx>): number => (type === "transaction" ? 1 : 0);

function waitBegan(step: WaitStep, known: StepRecord): Change {
  const { until } = step;
  const resumeInMs = "signal" in until ? until.withinMs : until.elapsedMs;
  return {
    state: "waiting",
    step: { ...known, attempts: 1 },
    ...waitingFor(step),
    next: resumeInMs === undefined ? "rest" : { resumeInMs },
  };
}

function succeeded<Tx>({ record, definition, step, known }: At<Tx>, result: Json): Change {
  const { error: _, ...rest } = known;
  const done: StepRecord = { ...rest, state: "done", attempts: known.attempts + uncounted(step), result };
  if (record.cancelRequested) return compensating(record, definition, cancelled, done);
  const isLast = known.position === definition.steps.length - 1;
  return { state: isLast ? "done" : "running", step: done, next: isLast ? "end" : "continue" };
}

function failed<Tx>(
  { record, definition, step, known, random }: At<Tx>,
  { failure, isFinal }: { failure: Failure; isFinal: boolean },
): Change {
  const attempts = known.attempts + uncounted(step);
  const tried: StepRecord = { ...known, state: "failed", attempts, error: failure };
  if (record.cancelRequested) return compensating(record, definition, cancelled, tried);
  if (step.type === "wait" || isFinal || attempts >= step.retry.attempts)
    return compensating(record, definition, failure, tried);
  return { state: "running", step: tried, next: { resumeInMs: retryDelayMs(step.retry, attempts, random) } };
}

function undoFailed<Tx>({ record, definition, step, known, random }: At<Tx>, failure: Failure): Change {
  const undoAttempts = known.undoAttempts + uncounted(step);
  const tried = { ...known, undoAttempts, error: failure };
  if (step.type !== "wait" && undoAttempts < step.undoRetry.attempts) {
    const resumeInMs = retryDelayMs(step.undoRetry, undoAttempts, random);
    return { state: "compensating", step: { ...tried, state: "undoing" }, next: { resumeInMs } };
  }
  // What came before it may still be in use by what could not be undone: it stays as well, and is listed.
  const parked: StepRecord = { ...tried, state: "parked" };
  const left = toUndo(withStep(record, parked), definition);
  return { state: "parked", step: parked, leftBehind: leftovers(left), next: "end" };
}

const cancelled: Failure = { code: "CANCELLED", message: "The operation was cancelled." };

/** Returns the change that undoes what is left to undo, or ends the operation when that is nothing. */
function compensating<Tx>(
  record: OperationRecord,
  definition: OperationDefinition<Tx>,
  error: Failure | undefined,
  step?: StepRecord,
): Change {
  const hasMore = toUndo(step ? withStep(record, step) : record, definition).length > 0;
  return {
    state: hasMore ? "compensating" : "compensated",
    ...(step ? { step } : {}),
    ...(error ? { error } : {}),
    next: hasMore ? "continue" : "end",
  };
}

/** Returns the steps whose effects may exist, in their order. A transaction that failed was rolled back; a step without an undo leaves nothing. */
function toUndo<Tx>(record: Pick<OperationRecord, "steps">, { steps }: OperationDefinition<Tx>): StepRecord[] {
  return record.steps.filter((known) => {
    const step = steps[known.position];
    if (!step || step.type === "wait" || !step.undo || known.state === "undone") return false;
    return step.type === "effect" || known.state !== "failed";
  });
}

const isLeft = ({ state }: StepRecord): boolean => state !== "undone";
const leftovers = (steps: readonly StepRecord[]): Leftover[] =>
  steps.map(({ name, result = null }) => ({ step: name, result }));
const isDelayed = ({ resumesInMs }: OperationRecord): boolean => resumesInMs !== undefined && resumesInMs > 0;
const stepRecord = (record: OperationRecord, at: number): StepRecord | undefined =>
  record.steps.find(({ position }) => position === at);
const withStep = (record: OperationRecord, step: StepRecord) => ({
  steps: [...record.steps.filter(({ position }) => position !== step.position), step].toSorted(
    (one, other) => one.position - other.position,
  ),
});
const waitingFor = <Tx>(step: Step<Tx>): Pick<Change, "waitingFor"> =>
  step.type === "wait" && "signal" in step.until ? { waitingFor: step.until.signal } : {};

/** Returns the name of the first step of which only one of the two lists has this name at its position. */
function otherStep<Tx>(names: readonly string[], { steps }: OperationDefinition<Tx>): string | undefined {
  const at = steps.findIndex(({ name }, position) => names[position] !== name);
  return at < 0 ? names[steps.length] : (names[at] ?? steps[at]?.name);
}

function missing(
  code: string,
  { kind, definitionVersion }: OperationRecord,
  why: string,
  { step, isFinal = false }: { step?: string; isFinal?: boolean } = {},
): Action<never> {
  const message = `${kind} version ${definitionVersion}: ${why}`;
  const failure = { code, message, ...(step === undefined ? {} : { step }) };
  return { do: "record", event: { type: "definition missing", failure, isFinal } };
}
