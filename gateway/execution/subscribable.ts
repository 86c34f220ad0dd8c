import { EnumType, type Supergraph } from "@apollo/federation-internals";

/** Returns the names of the subgraphs that have subscriptions. */
export function subscribableIn({ schema }: Supergraph): string[] {
  const graphs = schema.type("join__Graph");
  const root = schema.schemaDefinition.rootType("subscription");
  if (!root || !(graphs instanceof EnumType)) return [];
  return root.appliedDirectivesOf("join__type").flatMap((joined) => {
    const graph = graphs.value(String(joined.arguments()["graph"]))?.appliedDirectivesOf("join__graph")[0];
    return graph ? [String(graph.arguments()["name"])] : [];
  });
}
