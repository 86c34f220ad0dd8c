import type { Fence } from "#lib/operations/definition.ts";
import { StepFailure } from "#lib/operations/failures.ts";
import type { OperationState } from "#lib/operations/record.ts";

/** The log of the checker, outside the product: every effect that was really applied or undone, by operation and step. */
export interface Journal {
  applied: string[];
  undone: string[];
}

/** The system that the steps call: it refuses older tokens, and applies an effect once. */
export class Callee {
  readonly #logged: (what: keyof Journal, key: string) => void;
  readonly #planted: string | undefined;
  readonly #tokens = new Map<string, number>();
  readonly #present = new Set<string>();

  /** @param logged is called with each effect that was applied or undone */
  constructor(logged: (what: keyof Journal, key: string) => void, { planted }: { planted?: string | undefined }) {
    this.#logged = logged;
    this.#planted = planted;
  }

  apply(fence: Fence, key: string): void {
    this.#admit(fence);
    if (this.#present.has(key) && this.#planted !== "double effect") return;
    this.#present.add(key);
    this.#logged("applied", key);
  }

  undo(fence: Fence, key: string): void {
    this.#admit(fence);
    if (this.#planted === "leak" || !this.#present.delete(key)) return;
    this.#logged("undone", key);
  }

  #admit({ operationId, token }: Fence): void {
    if (token < (this.#tokens.get(operationId) ?? 0)) throw new StepFailure("FENCED", "A newer token was seen.");
    this.#tokens.set(operationId, token);
  }
}

export interface EndedOperation {
  id: string;
  state: OperationState;
  /** The steps that have an effect. */
  effects: readonly string[];
  leftBehind: readonly string[];
}

/**
 * Compares how operations ended with the journal, and returns every contradiction.
 * @param stored how often each effect is there, where it is stored, by operation and step
 */
export function violations(
  operations: readonly EndedOperation[],
  { applied, undone }: Journal,
  stored?: ReadonlyMap<string, number>,
): string[] {
  const wrong: string[] = [];
  const known = new Set(operations.flatMap(({ id, effects }) => effects.map((step) => `${id} ${step}`)));
  for (const key of stored?.keys() ?? []) if (!known.has(key)) wrong.push(`${key} is stored for no operation`);
  const count = (list: readonly string[], key: string) => list.filter((each) => each === key).length;
  for (const { id, state, effects, leftBehind } of operations) {
    if (!["done", "compensated", "parked"].includes(state)) wrong.push(`${id} ended ${state}`);
    for (const step of effects) {
      const key = `${id} ${step}`;
      const times = count(applied, key);
      const isPresent = times > count(undone, key);
      if (times > 1) wrong.push(`${key} was applied ${times} times`);
      if (stored && (stored.get(key) ?? 0) !== Number(isPresent))
        wrong.push(`${key} is stored ${stored.get(key) ?? 0} times`);
      if (count(undone, key) > times) wrong.push(`${key} was undone more often than applied`);
      if (state === "done" && !isPresent) wrong.push(`${key} is missing`);
      if (state === "compensated" && isPresent) wrong.push(`${key} was left behind`);
      if (state === "parked" && isPresent && !leftBehind.includes(step)) wrong.push(`${key} is not listed`);
    }
  }
  return wrong;
}
