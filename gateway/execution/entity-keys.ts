import type { Supergraph } from "@apollo/federation-internals";
import { Kind } from "graphql";
import { subgraphNames } from "../planning/planned-supergraph.ts";
import { parseFieldSet } from "../planning/requirements/supergraph-ast.ts";

/** The keys by which a subgraph resolves a type, each as the names of its fields; none for a type that the subgraph does not know as an entity. */
export type EntityKeys = (subgraph: string, typename: string) => readonly (readonly string[])[];

export function entityKeysIn({ schema }: Supergraph): EntityKeys {
  const nameOf = subgraphNames(schema);
  const keys = new Map<string, string[][]>();
  for (const type of [...schema.objectTypes(), ...schema.interfaceTypes()]) {
    for (const join of type.appliedDirectivesOf("join__type")) {
      const { graph, key, resolvable } = join.arguments() as Record<string, unknown>;
      if (typeof key !== "string" || resolvable === false) continue;
      const names = parseFieldSet(key).selections.flatMap((node) => (node.kind === Kind.FIELD ? node.name.value : []));
      const of = `${String(nameOf(graph))} ${type.name}`;
      keys.set(of, [...(keys.get(of) ?? []), names]);
    }
  }
  return (subgraph, typename) => keys.get(`${subgraph} ${typename}`) ?? [];
}
