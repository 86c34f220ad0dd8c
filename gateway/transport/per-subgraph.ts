/** Returns a function that keeps one value for each subgraph, created at its first call. The names come from the supergraph, so there are few. */
export function perSubgraph<T>(make: (subgraph: string) => T): (subgraph: string) => T {
  const made = new Map<string, T>();
  return (subgraph) => {
    let own = made.get(subgraph);
    if (own === undefined) {
      own = make(subgraph);
      made.set(subgraph, own);
    }
    return own;
  };
}
