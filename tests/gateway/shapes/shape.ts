import type { Schemas } from "../differential/supergraph-from.ts";

/** A supergraph that gateways are known to get wrong, with documents that come upon the difficulty. */
export interface Shape {
  schemas: Schemas;
  documents: readonly string[];
  /** Without the head that links Federation 2: the subgraphs have their own, or are of Federation 1. */
  bare?: boolean;
  /** There are documents that have no plan, though they are valid. */
  partly?: boolean;
}
