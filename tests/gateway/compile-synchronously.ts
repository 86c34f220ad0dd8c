import { type CompiledOperation, compileOperation } from "#gateway/execution/compile-operation.ts";
import type { LoadedSupergraph } from "#gateway/execution/loaded-supergraph.ts";
import { documentOf, type Operation } from "#gateway/operation.ts";
import { operationToPlan } from "#gateway/planning/operation-to-plan.ts";
import type { PlannedFor } from "#gateway/planning/selections-to-plan.ts";
import { planOf } from "#gateway/planning/planner.ts";

/** Plans an operation in this thread, synchronously, and compiles it. */
export function compileSynchronously(
  supergraph: LoadedSupergraph,
  operation: Operation,
  plannedFor: Partial<PlannedFor> = {},
): CompiledOperation {
  const planned = operationToPlan(supergraph, operation, { refused: new Map(), booleans: new Map(), ...plannedFor });
  return compileOperation(supergraph, planned, planOf(supergraph.planned, documentOf(planned.toPlan)));
}
