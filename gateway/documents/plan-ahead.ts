import { noRefusals } from "../authorization/operation-access.ts";
import type { Operations } from "../execution/operations.ts";
import type { Documents } from "./documents.ts";

/** The number of plans made ahead for one document: most combinations of values of its `@include` and `@skip` beyond these are never requested. */
const plannedAhead = 16;

/**
 * Resolves when the planner of a supergraph is ready and has planned every known document for callers who may see all of it. Otherwise the first caller
 * would have to wait for that.
 * @throws Error when a document that fits the previous supergraph no longer fits; one that did not fit before is ignored
 */
export async function planAhead(next: Operations, before: Operations, documents: Documents): Promise<void> {
  await plan(next, "{ __typename }");
  for (const { text } of documents.known) {
    try {
      await plan(next, text);
    } catch (error) {
      if (fits(before, text)) throw new Error("A known document no longer fits the supergraph.", { cause: error });
    }
  }
}

async function plan(operations: Operations, text: string): Promise<void> {
  const found = operations.find(text, undefined);
  if (!found) return;
  for (const booleans of assignments(found.variables.booleanNames))
    await operations.compiled(found, noRefusals, booleans);
}

/** Returns values for all of these names; the first result sets all to true. */
const assignments = (names: readonly string[]): ReadonlyMap<string, boolean>[] =>
  Array.from(
    { length: Math.min(2 ** names.length, plannedAhead) },
    (_, number) => new Map(names.map((name, bit) => [name, (number & (1 << bit)) === 0])),
  );

function fits(operations: Operations, text: string): boolean {
  try {
    return operations.find(text, undefined) !== undefined;
  } catch {
    return false;
  }
}
