import { noRefusals } from "../authorization/operation-access.ts";
import type { Operations } from "../execution/operations.ts";
import type { Documents } from "./documents.ts";

/** What is planned ahead of one document: of more values of its `@include` and `@skip` than these, most are never asked for. */
const plannedAhead = 16;

/**
 * Resolves when the planner of a supergraph is there and has planned every known document for who may see all of it: until then, whoever came first would
 * wait for it.
 * @throws Error when a document no longer fits that fits the supergraph of before; one that did not fit before either is nobody's loss
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

/** Values for all of these, the one in which all are true first. */
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
