import type { PublicError } from "#lib/errors.ts";
import { unfetched } from "../failures.ts";

/**
 * Why a value of the response is null: the value from a subgraph does not fit its type, no subgraph was queried for it, something that it requires failed, or
 * the identity may not have it.
 */
export interface Problem {
  message: string;
  refusal?: PublicError;
  isUnfetched?: true;
  /** Of what was not fetched and made an object null: the problems that made the same object null for reasons of their own. */
  others?: readonly Problem[];
  /** The path from the value up to the root: each level appends its own key on the way back. */
  upwards: (string | number)[];
}

/**
 * Writes a value as JSON; returns `null` also for a value that does not fit the type, and adds a problem. Returns undefined for a null where none is
 * allowed, which makes the enclosing object or list null.
 */
export type Write = (value: unknown, problems: Problem[]) => string | undefined;

/** Writes a value that does not fit its type. */
export function invalid(value: unknown, called: string, problems: Problem[]): "null" {
  const reason = value === unfetched ? { isUnfetched: true as const } : {};
  problems.push({ message: `Invalid value found for ${called}.`, ...reason, upwards: [] });
  return "null";
}

/**
 * Removes what was not fetched, of the problems that were added since there were `before`, but for those at the keys that made their object or list null: a
 * null has an error for its cause alone.
 */
export function forgetUnfetched(problems: Problem[], before: number, isCause: (key: string | number) => boolean): void {
  for (let index = problems.length - 1; index >= before; index -= 1) {
    const { isUnfetched, upwards } = problems[index] as Problem;
    if (isUnfetched && !isCause(upwards.at(-1) ?? "")) problems.splice(index, 1);
  }
}

/**
 * Adds the problems of the other fields that make an object null, to those of what was not fetched that were added since there were `before`: a failed field
 * of the object may be the very reason why nothing was fetched.
 */
export function addOthers(problems: Problem[], before: number, others: readonly Problem[]): void {
  if (others.length === 0) return;
  for (let index = before; index < problems.length; index += 1) {
    const problem = problems[index] as Problem;
    if (problem.isUnfetched) problem.others = [...(problem.others ?? []), ...others];
  }
  problems.push(...others);
}

/** Adds a key to the paths of the problems that were added since there were `before`. */
export function locate(problems: readonly Problem[], before: number, key: string | number): void {
  for (let index = before; index < problems.length; index += 1) problems[index]?.upwards.push(key);
}
