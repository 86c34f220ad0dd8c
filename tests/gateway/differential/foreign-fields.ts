import { type ConstDirectiveNode, type DocumentNode, Kind, parse, visit } from "graphql";
import { fieldSet, hasFields } from "../requirements.ts";
import { textArgument } from "./world.ts";

/**
 * Returns the fields (`Item.price`) that a subgraph declares and does not resolve: those that are `@external`, or overridden by another subgraph. It has the
 * values of its key fields, and in some places those that its `@provides` names.
 */
export function foreignFields(supergraphSdl: string, subgraph: string, schema: DocumentNode): Set<string> {
  const had = fieldsInKeysAndProvides(schema);
  const supergraph = parse(supergraphSdl);
  const found = new Set<string>();
  const graph = graphOf(supergraph, subgraph);
  for (const node of schema.definitions) {
    if (!hasFields(node)) continue;
    const composed = supergraph.definitions.find((each) => hasFields(each) && each.name.value === node.name.value);
    if (!composed || !hasFields(composed) || composed.kind !== Kind.OBJECT_TYPE_DEFINITION) continue;
    for (const { name } of node.fields ?? []) {
      const field = composed.fields?.find((each) => each.name.value === name.value);
      const joins = (field?.directives ?? []).filter((each) => each.name.value === "join__field");
      if (joins.length === 0 || had.has(name.value)) continue;
      if (!joins.some((join) => isOf(join, graph) && !isExternal(join))) found.add(`${node.name.value}.${name.value}`);
    }
  }
  return found;
}

function fieldsInKeysAndProvides(schema: DocumentNode): Set<string> {
  const found = new Set<string>();
  visit(schema, {
    Directive: (node) => {
      if (node.name.value !== "key" && node.name.value !== "provides") return;
      visit(fieldSet(textArgument(node, "fields")), {
        Field: ({ name }) => void found.add(name.value),
      });
    },
  });
  return found;
}

function graphOf({ definitions }: DocumentNode, subgraph: string): string | undefined {
  const graphs = definitions.find(
    (node) => node.kind === Kind.ENUM_TYPE_DEFINITION && node.name.value === "join__Graph",
  );
  if (graphs?.kind !== Kind.ENUM_TYPE_DEFINITION) return undefined;
  return graphs.values?.find(({ directives = [] }) =>
    directives.some((join) => textArgument(join, "name") === subgraph),
  )?.name.value;
}

const isOf = ({ arguments: given = [] }: ConstDirectiveNode, graph: string | undefined): boolean =>
  given.some(({ name, value }) => name.value === "graph" && value.kind === Kind.ENUM && value.value === graph);

const isExternal = ({ arguments: given = [] }: ConstDirectiveNode): boolean =>
  given.some(
    ({ name, value }) =>
      ["external", "usedOverridden"].includes(name.value) && value.kind === Kind.BOOLEAN && value.value,
  );
