import { ExactNumber } from "#lib/exact-json.ts";
import { PublicError } from "#lib/errors.ts";
import type { Variables } from "#lib/graphql/variables.ts";
import type { Limits } from "./limits.ts";

/**
 * Checks the variables of a request against the limits, without recursion: a value that JSON.parse has read can be deeper than a stack.
 * @throws PublicError LIST_LIMIT_EXCEEDED, VALUE_DEPTH_LIMIT_EXCEEDED
 */
export function checkVariables(
  variables: Variables,
  { listEntries, valueDepth }: Pick<Limits, "listEntries" | "valueDepth">,
): void {
  let level: unknown[] = Object.values(variables);
  for (let depth = 0; level.length > 0; depth += 1) {
    const next: unknown[] = [];
    for (const value of level) {
      if (typeof value !== "object" || value === null || value instanceof ExactNumber) continue;
      if (depth >= valueDepth)
        throw new PublicError("VALUE_DEPTH_LIMIT_EXCEEDED", `A request has at most ${valueDepth} levels of values.`, {
          limit: valueDepth,
        });
      if (Array.isArray(value) && value.length > listEntries)
        throw new PublicError("LIST_LIMIT_EXCEEDED", `A request has at most ${listEntries} entries in a list.`, {
          limit: listEntries,
        });
      for (const entry of Array.isArray(value) ? value : Object.values(value)) next.push(entry);
    }
    level = next;
  }
}

/**
 * Returns whether a value nests lists and objects deeper than a number of levels. Writing such a value as JSON, or walking it by recursion, may overflow
 * the stack.
 */
export function isNestedDeeper(value: unknown, levels: number): boolean {
  let level = [value].filter(isNesting);
  for (let depth = 0; level.length > 0; depth += 1) {
    if (depth >= levels) return true;
    level = level.flatMap((nesting) => Object.values(nesting).filter(isNesting));
  }
  return false;
}

const isNesting = (value: unknown): value is object =>
  typeof value === "object" && value !== null && !(value instanceof ExactNumber);
