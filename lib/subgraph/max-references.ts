/** A subgraph resolves at most this many references in one call; the gateway splits larger calls. A sender of more is not the gateway. */
export const maxReferences = 1_000;
