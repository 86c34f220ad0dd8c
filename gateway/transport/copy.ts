import type { ExecutionResult } from "graphql";
import { put } from "../execution/data.ts";

/**
 * Returns a copy of a response that can be changed without its original: the executor merges responses in place. Errors, and values that are neither lists
 * nor plain objects, are not copied, because they are never changed.
 */
export const copyOf = (answer: ExecutionResult): ExecutionResult =>
  answer.data ? { ...answer, data: copied(answer.data) as ExecutionResult["data"] } : answer;

function copied(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(copied);
  if (value === null || typeof value !== "object") return value;
  const prototype = Object.getPrototypeOf(value) as object | null;
  if (prototype !== null && prototype !== Object.prototype) return value;
  const copy = Object.create(prototype) as Record<string, unknown>;
  for (const [key, own] of Object.entries(value)) put(copy, key, copied(own));
  return copy;
}
