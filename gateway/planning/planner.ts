import { operationFromDocument } from "@apollo/federation-internals";
import type { QueryPlan } from "@apollo/query-planner";
import type { DocumentNode } from "graphql";
import { documentOf, type Operation } from "../operation.ts";
import { inSubgraphTerms } from "./foreign-shapes/subgraph-terms.ts";
import { withPartlyKnownTypes } from "./foreign-shapes/partly-known-types.ts";
import type { PlannedSupergraph } from "./planned-supergraph.ts";

/** Plans operations of valid documents over one supergraph. */
export interface Planner {
  /** @throws PublicError PLAN_LIMIT_EXCEEDED when it would take too long; OVERLOADED when too many others wait */
  plan(operation: Operation): Promise<QueryPlan>;
  stop(): Promise<void>;
}

export function planOf(planned: PlannedSupergraph, document: DocumentNode): QueryPlan {
  const operation = operationFromDocument(planned.plannedSchema, document, { validate: false });
  const plan = planned.planner.buildQueryPlan(operation);
  return inSubgraphTerms(withPartlyKnownTypes(plan, document, planned), planned.terms);
}

/** Plans in this thread: everything else in the thread waits, however long that takes. */
export const plannerHere = (supergraph: PlannedSupergraph): Planner => ({
  plan: async (operation) => planOf(supergraph, documentOf(operation)),
  stop: async () => undefined,
});
