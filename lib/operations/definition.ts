/** A value that is stored with an operation: its input, the results of its steps, the contents of its signals. */
export type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json };

/**
 * What a step passes to its callee. The callee keeps the highest token that it has seen of the operation and refuses lower ones: they come from a worker that
 * has lost the operation, or from an attempt that was given up.
 */
export interface Fence {
  operationId: string;
  token: number;
}

export interface StepContext<Input = Json> {
  fence: Fence;
  tenantId: string;
  /** Who started the operation, as events show it, and in which request. */
  actor: string | undefined;
  requestId: string | undefined;
  input: Input;
  /** The results of the steps that are done, by name. An undo finds the result of its own step, unless that was lost. */
  results: Readonly<Record<string, Json>>;
  /** The number of this attempt, from 1. */
  attempt: number;
  /** Aborts at the time limit, when the lease is lost, and when the operation is cancelled. A cancel does not abort an undo. */
  signal: AbortSignal;
}

/** The delays between attempts double from the first to the longest, each with jitter. */
export interface RetryPolicy {
  /** How often the step is attempted altogether. */
  attempts: number;
  firstDelayMs: number;
  longestDelayMs: number;
}

interface Limits {
  name: string;
  retry: RetryPolicy;
  timeLimitMs: number;
  /** The limits of the undo are its own: it runs to its end even when the step has used up everything. */
  undoRetry: RetryPolicy;
  undoTimeLimitMs: number;
  /** The operation can be cancelled until a step after this one is attempted. Without such a step it can always be cancelled. */
  lastSafePoint?: boolean;
}

/** Work on the operation's own database: the write, its result and the check of the fence are one transaction. */
export interface TransactionStep<Tx, Input = Json> extends Limits {
  type: "transaction";
  run(context: StepContext<Input>, tx: Tx): Promise<Json>;
  undo?(context: StepContext<Input>, tx: Tx): Promise<unknown>;
}

/**
 * Work elsewhere. It counts as attempted from before its effect. When its response is lost it is attempted again, and what was attempted is undone: both must
 * have the effect once, however often they are called with the same operation and step, and an undo must succeed when it finds nothing to undo.
 */
export interface EffectStep<Input = Json> extends Limits {
  type: "effect";
  run(context: StepContext<Input>): Promise<Json>;
  undo?(context: StepContext<Input>): Promise<unknown>;
}

/** Waits for a time, or for a signal, whose content is the step's result. A signal that does not arrive in time fails the operation. */
export interface WaitStep {
  type: "wait";
  name: string;
  until: { signal: string; withinMs?: number } | { elapsedMs: number };
  lastSafePoint?: boolean;
}

export type Step<Tx, Input = Json> = TransactionStep<Tx, Input> | EffectStep<Input> | WaitStep;

/** The steps of one kind of operation. Operations that run follow the version that they were started with: a changed list of steps is a new version. */
export interface OperationDefinition<Tx, Input = Json> {
  kind: string;
  version: number;
  steps: readonly Step<Tx, Input>[];
}

/** Returns the position of the last step after which an operation can still be cancelled; undefined when it always can. */
export function lastSafePosition<Tx, Input>({
  steps,
}: Pick<OperationDefinition<Tx, Input>, "steps">): number | undefined {
  const position = steps.findIndex((step) => step.lastSafePoint);
  return position < 0 ? undefined : position;
}

/** The definitions that a program knows. */
export class OperationDefinitions<Tx> {
  readonly #known = new Map<string, OperationDefinition<Tx>>();

  /** @throws Error when two definitions or two steps of one have the same name, or a definition could never run */
  constructor(definitions: readonly OperationDefinition<Tx>[]) {
    for (const definition of definitions) {
      const key = nameOf(definition.kind, definition.version);
      if (this.#known.has(key)) throw new Error(`Two definitions are ${key}.`);
      requireRunnable(definition, key);
      this.#known.set(key, definition);
    }
  }

  find(kind: string, version: number): OperationDefinition<Tx> | undefined {
    return this.#known.get(nameOf(kind, version));
  }

  /** The keys of all definitions, as `definitionKey` writes them. */
  get keys(): string[] {
    return [...this.#known.values()].map(({ kind, version, steps }) =>
      definitionKey(
        kind,
        version,
        steps.map(({ name }) => name),
      ),
    );
  }
}

const nameOf = (kind: string, version: number): string => `${kind}@${version}`;

/** Returns what identifies a definition among all programs: one with another list of steps is another. */
export const definitionKey = (kind: string, version: number, stepNames: readonly string[]): string =>
  JSON.stringify([kind, version, stepNames]);

function requireRunnable({ steps }: OperationDefinition<never>, key: string): void {
  const names = steps.map(({ name }) => name);
  if (steps.length === 0) throw new Error(`${key} has no steps.`);
  if (new Set(names).size < names.length) throw new Error(`${key} has two steps of one name.`);
  if (steps.filter(({ lastSafePoint }) => lastSafePoint).length > 1)
    throw new Error(`${key} has more than one last safe point.`);
  for (const step of steps) {
    if (step.type === "wait") continue;
    for (const { attempts } of [step.retry, step.undoRetry])
      if (attempts < 1) throw new Error(`The step ${step.name} of ${key} is never attempted.`);
  }
}
