import type { Operation } from "../operation.ts";
import { Aliases } from "./aliases.ts";
import { forSubgraphs } from "./executable-directives.ts";
import { NumberLiterals } from "./number-literals.ts";
import type { Terms } from "./foreign-shapes/terms.ts";
import { type PlannedFor, type SelectedSupergraph, SelectionsToPlan, setOf } from "./selections-to-plan.ts";

/** An operation, and the part of it that is planned. */
export interface OperationToPlan extends PlannedFor {
  /** As the client wrote it. */
  written: Operation;
  aliases: Aliases;
  numbers: NumberLiterals;
  /** The operation that the planner gets. */
  toPlan: Operation;
}

interface SupergraphToPlanOver extends SelectedSupergraph {
  planned: SelectedSupergraph["planned"] & { terms: Terms };
}

/**
 * Returns an equivalent operation in a simpler form, because Apollo's planner plans some forms incorrectly, or finds no plan for them:
 *
 * - nothing that is refused or not included, and no `@include` or `@skip`: the planner would request keys and requirements under conditions of fields to
 *   which they do not belong;
 * - no alias that the planner would take for a field of its own, and no key for two fields that a subgraph may know as one;
 * - no fragment that the enclosing type makes redundant, unless it carries a directive, and none that no object can fit;
 * - no fragment on an interface where a subgraph may know the object by `@interfaceObject` alone: fields are placed where the object's type decides, and
 *   the type is selected with them;
 * - no literal whose digits the planner would lose.
 */
export function operationToPlan(
  supergraph: SupergraphToPlanOver,
  operation: Operation,
  plannedFor: PlannedFor,
): OperationToPlan {
  const { definition } = operation;
  const { apiSchema, planned } = supergraph;
  const root = apiSchema.getRootType(definition.operation);
  if (!root) throw new Error(`The schema has no ${definition.operation} type.`);
  const aliases = new Aliases(operation, planned.terms.plannerFields);
  const selections = new SelectionsToPlan(supergraph, operation, plannedFor, aliases);
  const selectionSet = setOf(selections.selections(definition.selectionSet, { type: root, possible: [root] }));
  const numbers = new NumberLiterals(apiSchema);
  return {
    written: operation,
    ...plannedFor,
    aliases,
    numbers,
    toPlan: {
      definition: numbers.marked({ ...definition, directives: forSubgraphs(apiSchema, definition), selectionSet }),
      fragments: new Map(),
    },
  };
}
