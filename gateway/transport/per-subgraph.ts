/** What each subgraph has of its own, made when it is first called. Their names come from the supergraph, so there are few. */
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
