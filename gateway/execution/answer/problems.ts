import type { PublicError } from "#lib/errors.ts";

/** Why a value of the answer is null: what a subgraph answered does not fit its type, no subgraph was asked for it, or the identity may not have it. */
export interface Problem {
  message: string;
  refusal?: PublicError;
  /** From the value up to the root: each level adds its own key on the way back. */
  upwards: (string | number)[];
}

/**
 * Writes a value as JSON; `null` also for what is not a value of the type, with a problem. Undefined stands for a null where none may be, and
 * makes the object or list around it null.
 */
export type Write = (value: unknown, problems: Problem[]) => string | undefined;

/** Says where the problems that came up since there were `before` are. */
export function locate(problems: readonly Problem[], before: number, key: string | number): void {
  for (let index = before; index < problems.length; index += 1) problems[index]?.upwards.push(key);
}
