/** A subgraph resolves at most this many references in one call; the gateway splits what is more. Whoever sends more is not the gateway. */
export const maxReferences = 1_000;
