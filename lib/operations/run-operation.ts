import { log } from "../observability/log.ts";
import type { Json, OperationDefinition, Step, StepContext, WaitStep } from "./definition.ts";
import { failureOf, StepFailure, storable } from "./failures.ts";
import { apply, isOutcome, nextAction, type OperationEvent, withFailure, withNextEffect } from "./machine.ts";
import { type Change, changed, hasEnded, type OperationRecord, type OperationState } from "./record.ts";
import type { Lease, OperationStore } from "./store.ts";

export interface RunOptions<Tx> {
  store: OperationStore<Tx>;
  definition: OperationDefinition<Tx> | undefined;
  leaseMs: number;
  /** Waits by this process's own time, which decides nothing about a lease. Resolves early at the signal. */
  sleep(ms: number, signal: AbortSignal): Promise<void>;
  random(): number;
  /** Aborts when no further step may begin: the operation is given back after the running one. */
  stopping: AbortSignal;
}

type WorkStep<Tx> = Exclude<Step<Tx>, WaitStep>;
type Outcome<T> = { result: T } | { error: unknown };

/** What the worker can do from outside with an operation that it runs. */
export interface RunningOperation {
  readonly operationId: string;
  /** Resolves when the operation was given back or was lost, with the state that this run has recorded last. Never rejects. */
  finished: Promise<OperationState>;
  /** Reads the operation now instead of at its next renewal, because it was probably cancelled. */
  refresh(): void;
  /** Gives the operation back at once: its running step gets the signal, and counts as attempted. */
  interrupt(): Promise<void>;
}

/** Runs a claimed operation until it has ended, has to wait, or is lost to another worker. */
export function runOperation<Tx>(record: OperationRecord, leaseId: string, options: RunOptions<Tx>): RunningOperation {
  const run = new Run(record, { operationId: record.id, tenantId: record.tenantId, leaseId }, options);
  return {
    operationId: record.id,
    finished: run.toEnd(),
    refresh: () => void run.renew().catch(() => undefined),
    interrupt: () => run.interrupt(),
  };
}

/** How often a read or a save is attempted before the operation is left to its lease. */
const attempts = 3;

class Run<Tx> {
  #record: OperationRecord;
  readonly #lease: Lease;
  readonly #options: RunOptions<Tx>;
  /** Ends with the run: the lease was lost or given back. */
  readonly #over = new AbortController();
  /** The position of the effect whose beginning was recorded with the end of the step before it. It runs, also when the worker stops. */
  #begun: number | undefined;
  /** The signal of the running step. A cancel aborts a step, but no undo. */
  #step: { abort: AbortController; isUndo: boolean } | undefined;
  /** A cancel was accepted, as far as any read has shown: no step begins any more, also when its beginning is recorded. An undo does. */
  #isCancelled = false;

  constructor(record: OperationRecord, lease: Lease, options: RunOptions<Tx>) {
    this.#record = record;
    this.#lease = lease;
    this.#options = options;
  }

  async toEnd(): Promise<OperationState> {
    void this.#keepRenewing();
    try {
      while (!this.#over.signal.aborted) await this.#advance();
    } catch (error) {
      // The lease ends by itself, and the next claim continues from what was recorded.
      log.operations.warn({ err: error, operation: this.#record.id }, "an operation was left to its lease");
    }
    this.#end();
    return this.#record.state;
  }

  async #advance(): Promise<void> {
    const begun = this.#begun;
    this.#begun = undefined;
    const step = begun === undefined ? undefined : this.#options.definition?.steps[begun];
    if (begun !== undefined && step?.type === "effect") await this.#runEffect(step, begun, "run");
    else await this.#decide();
  }

  async #decide(): Promise<void> {
    if (this.#options.stopping.aborted) {
      await this.#options.store.release(this.#lease);
      return this.#end();
    }
    const action = nextAction(this.#record, this.#options.definition);
    if (action.do === "nothing") return this.#end();
    if (action.do === "record") return void (await this.#save(action.event));
    const { step, position } = action;
    if (step.type === "transaction") return this.#runTransaction(step, position, action.do);
    const begin = { type: action.do === "run" ? "attempted" : "undo attempted", position } as const;
    if (!(await this.#save(begin)) || this.#over.signal.aborted) return;
    await this.#runEffect(step, position, action.do);
  }

  async #runEffect(step: Extract<Step<Tx>, { type: "effect" }>, position: number, what: "run" | "undo"): Promise<void> {
    const outcome = await this.#limited(step, what, async (context) =>
      what === "run" ? storable(await step.run(context)) : step.undo?.(context),
    );
    if (this.#over.signal.aborted) return;
    await this.#save(this.#eventOf(outcome, step, position, what));
  }

  async #runTransaction(
    step: Extract<Step<Tx>, { type: "transaction" }>,
    position: number,
    what: "run" | "undo",
  ): Promise<void> {
    let made: Change | undefined;
    const outcome = await this.#limited(step, what, async (context, timeLimitMs) =>
      this.#options.store.transact({
        lease: this.#lease,
        record: this.#record,
        signal: context.signal,
        timeLimitMs,
        run: async (tx) => {
          if (what === "run") return storable(await step.run(context, tx));
          await step.undo?.(context, tx);
          return null;
        },
        change: (result) => (made = this.#change(this.#eventOf({ result }, step, position, what))),
      }),
    );
    if (this.#over.signal.aborted) return;
    if ("result" in outcome && outcome.result.saved) return this.#follow(outcome.result.change);
    const before = this.#record;
    if (!(await this.#read())) return;
    // It was saved and its response lost, or a cancel has come between: the record shows what is next.
    if (this.#record.token !== before.token) this.#begun = made?.begins?.position;
    if (this.#record.token !== before.token || this.#record.cancelRequested !== before.cancelRequested) return;
    const error = "error" in outcome ? outcome.error : outcome.result.saved ? undefined : outcome.result.error;
    await this.#save(this.#eventOf({ error }, step, position, what));
  }

  /** Records an event. Returns whether it is recorded; when it is not, the record has been read again and shows what is next. */
  async #save(happened: OperationEvent): Promise<boolean> {
    let event = happened;
    for (let attempt = 1; attempt <= attempts; attempt += 1) {
      const before = this.#record;
      const change = this.#change(event);
      let invalid: StepFailure | undefined;
      const isSaved = await this.#options.store.save(this.#lease, before, change).catch((error: unknown) => {
        if (error instanceof StepFailure) invalid = error;
        return false;
      });
      if (isSaved) {
        this.#follow(change);
        return true;
      }
      // A change that gives the lease back cannot be read again: it was saved or the lease is lost, and both end this run.
      if (!(await this.#read())) return false;
      // Only this claim's holder raises the token: the change was saved, and the response lost.
      if (this.#record.token !== before.token) {
        this.#begun = change.begins?.position;
        return this.#record.token === before.token + 1;
      }
      // A cancel has come between. What happened is recorded with it; what has not begun does not begin.
      const isNews = this.#record.cancelRequested && !before.cancelRequested;
      if (isNews && !isOutcome(event)) return false;
      // It would be refused at each attempt, and the step would run again at each lease.
      if (invalid) event = withFailure(event, failureOf(invalid, change.step?.name ?? ""));
    }
    throw new Error("The record of an operation could not be saved.");
  }

  #change(event: OperationEvent): Change {
    const { definition, random, stopping } = this.#options;
    const change = apply(this.#record, definition, event, random());
    return stopping.aborted ? change : withNextEffect(this.#record, definition, change);
  }

  #follow(change: Change): void {
    this.#record = changed(this.#record, change);
    this.#begun = change.begins?.position;
    if (change.next !== "continue" || hasEnded(change.state)) this.#end();
  }

  /** Reads the operation again after a save without an outcome. Returns false when the lease is lost. */
  async #read(): Promise<boolean> {
    for (let attempt = 1; ; attempt += 1) {
      try {
        const fresh = await this.renew();
        if (fresh) this.#record = fresh;
        return fresh !== undefined;
      } catch (error) {
        if (attempt === attempts) throw error;
        await this.#options.sleep(this.#options.leaseMs / 20, this.#over.signal);
      }
    }
  }

  async #keepRenewing(): Promise<void> {
    const { leaseMs, sleep } = this.#options;
    const every = leaseMs / 3;
    for (let failed = 0; failed < 3;) {
      await sleep(every, this.#over.signal);
      if (this.#over.signal.aborted) return;
      failed = await this.renew().then(
        () => 0,
        () => failed + 1,
      );
    }
    // The store has not responded for about as long as the lease: another worker may have it by now.
    this.#end();
  }

  /** Extends the lease, and aborts the running step when the lease is lost or a cancel was requested. Returns the operation as it is. */
  async renew(): Promise<OperationRecord | undefined> {
    if (this.#over.signal.aborted) return undefined;
    const fresh = await this.#options.store.renew(this.#lease, this.#options.leaseMs);
    if (!fresh) this.#end();
    this.#isCancelled ||= fresh?.cancelRequested ?? false;
    if (this.#isCancelled && this.#step?.isUndo === false) this.#step.abort.abort(cancelled);
    return fresh;
  }

  async interrupt(): Promise<void> {
    if (this.#over.signal.aborted) return;
    // Before the step gets the signal: what it then does is refused.
    await this.#options.store.release(this.#lease).catch(() => undefined);
    this.#end();
  }

  #end(): void {
    this.#over.abort(over);
    this.#step?.abort.abort(over);
  }

  /** Runs a step until it settles, its time limit passes, or the lease is lost. An attempt that still runs then has a token that is no longer valid. */
  async #limited<T>(
    step: WorkStep<Tx>,
    what: "run" | "undo",
    work: (context: StepContext, timeLimitMs: number) => Promise<T>,
  ): Promise<Outcome<T>> {
    if (what === "run" && this.#isCancelled) return { error: cancelled };
    const abort = new AbortController();
    this.#step = { abort, isUndo: what === "undo" };
    const timeLimitMs = what === "run" ? step.timeLimitMs : step.undoTimeLimitMs;
    const settled = new AbortController();
    const working = (async () => work(this.#context(step, what, abort.signal), timeLimitMs))().then(
      (result): Outcome<T> => ({ result }),
      (error: unknown): Outcome<T> => ({ error }),
    );
    const late = this.#options.sleep(timeLimitMs, settled.signal).then((): Outcome<T> => ({ error: tooLate }));
    const lost = new Promise<Outcome<T>>((resolve) =>
      this.#over.signal.addEventListener("abort", () => resolve({ error: undefined }), { signal: settled.signal }),
    );
    const outcome = await Promise.race([working, late, lost]);
    this.#step = undefined;
    settled.abort(over);
    if ("error" in outcome) {
      abort.abort(outcome.error);
      if (!this.#over.signal.aborted)
        log.operations.info({ err: outcome.error, operation: this.#record.id, step: step.name, what }, "a step failed");
    }
    return outcome;
  }

  #context(step: WorkStep<Tx>, what: "run" | "undo", signal: AbortSignal): StepContext {
    const { id, tenantId, actor, requestId, input, token, steps } = this.#record;
    const known = steps.find(({ name }) => name === step.name);
    const begun = (what === "run" ? known?.attempts : known?.undoAttempts) ?? 0;
    const results = Object.fromEntries(
      steps.flatMap(({ name, result }): [string, Json][] => (result === undefined ? [] : [[name, result]])),
    );
    return {
      fence: { operationId: id, token },
      tenantId,
      actor,
      requestId,
      input,
      results,
      // The attempt of an effect has been recorded already; that of a transaction is recorded with its outcome.
      attempt: step.type === "effect" ? begun : begun + 1,
      signal,
    };
  }

  #eventOf(outcome: Outcome<unknown>, { name }: WorkStep<Tx>, position: number, what: "run" | "undo"): OperationEvent {
    if ("error" in outcome) {
      const failure = failureOf(outcome.error, name);
      if (what === "undo") return { type: "undo failed", position, failure };
      const isFinal = outcome.error instanceof StepFailure && outcome.error.isFinal;
      return { type: "failed", position, failure, isFinal };
    }
    if (what === "undo") return { type: "undone", position };
    return { type: "succeeded", position, result: (outcome.result ?? null) as Json };
  }
}

const tooLate = new StepFailure("TIME_LIMIT", "The step did not end within its time limit.");
const cancelled = new StepFailure("CANCELLED", "The operation was cancelled.");
/** Given as the reason, because an abort without one creates an exception with its stack each time. */
const over = new StepFailure("OVER", "The worker no longer holds the operation.");
