import { Kind, parse } from "graphql";
import { argumentOf, directivesOf, isResolvableKey, parseFieldSet, typesIn } from "../planning/supergraph-ast.ts";

/** Returns the keys by which a subgraph resolves a type, each as the names of its fields; none for a type that is not an entity in the subgraph. */
export type EntityKeys = (subgraph: string, typename: string) => readonly (readonly string[])[];

/**
 * Reads the keys of a supergraph.
 * @param sdl the supergraph as it was composed: the planned supergraph leaves out some existing keys
 */
export function entityKeysIn(sdl: string): EntityKeys {
  const document = parse(sdl, { noLocation: true });
  const names = new Map<string | undefined, string | undefined>();
  for (const node of document.definitions) {
    if (node.kind !== Kind.ENUM_TYPE_DEFINITION || node.name.value !== "join__Graph") continue;
    for (const value of node.values ?? [])
      for (const join of directivesOf(value, "join__graph")) names.set(value.name.value, argumentOf(join, "name"));
  }
  const keys = new Map<string, string[][]>();
  for (const node of typesIn(document).values()) {
    for (const join of directivesOf(node, "join__type").filter(isResolvableKey)) {
      const { selections } = parseFieldSet(argumentOf(join, "key") ?? "");
      const fields = selections.flatMap((each) => (each.kind === Kind.FIELD ? each.name.value : []));
      const of = `${String(names.get(argumentOf(join, "graph")))} ${node.name.value}`;
      keys.set(of, [...(keys.get(of) ?? []), fields]);
    }
  }
  return (subgraph, typename) => keys.get(`${subgraph} ${typename}`) ?? [];
}
