import type { Schemas } from "../differential/supergraph-from.ts";

/** A supergraph that some gateways are known to get wrong, with documents that trigger the difficulty. */
export interface Shape {
  schemas: Schemas;
  documents: readonly string[];
  /** Leaves out the head that links Federation 2: the subgraphs have their own, or use Federation 1. */
  bare?: boolean;
  /** Some valid documents over the supergraph have no plan. */
  partly?: boolean;
}
