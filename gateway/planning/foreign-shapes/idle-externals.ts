import type { ConstDirectiveNode, DocumentNode } from "graphql";
import {
  argumentOf,
  directive,
  directivesOf,
  fieldNamed,
  fieldsIn,
  type FieldsNode,
  hasFields,
  namedType,
  parseFieldSet,
  typesIn,
  type TypesWithFields,
} from "../supergraph-ast.ts";

/**
 * Returns the document without `@external` on fields that nothing in their subgraph needs (no key, no `@requires`, no `@provides`, no interface): a
 * supergraph with such fields is refused.
 */
export function withoutIdleExternals(document: DocumentNode): DocumentNode {
  const types = typesIn(document);
  const used = usedFields(types);
  const isIdle = (join: ConstDirectiveNode, { name, interfaces = [] }: FieldsNode, field: string): boolean => {
    const graph = argumentOf(join, "graph");
    const owners = [name, ...interfaces.map((implemented) => implemented.name)].map(({ value }) => value);
    if (argumentOf(join, "external") !== "true") return false;
    return !owners.some(
      (owner) =>
        used.has(coordinate(graph, owner, field)) || (owner !== name.value && isIn(types.get(owner), field, graph)),
    );
  };
  return {
    ...document,
    definitions: document.definitions.map((node) =>
      hasFields(node)
        ? {
            ...node,
            fields: (node.fields ?? []).map((field) => {
              const joins = directivesOf(field, "join__field");
              const kept = joins.filter((join) => !isIdle(join, node, field.name.value));
              if (kept.length === joins.length) return field;
              const others = (field.directives ?? []).filter((each) => !joins.includes(each));
              // Without any `@join__field` it would be in every subgraph that has the type.
              return { ...field, directives: [...others, ...(kept.length > 0 ? kept : [directive("join__field")])] };
            }),
          }
        : node,
    ),
  };
}

const coordinate = (graph: string | undefined, type: string, field: string) => `${String(graph)} ${type}.${field}`;

function usedFields(types: TypesWithFields): Set<string> {
  const used = new Set<string>();
  const use = (graph: string | undefined, fields: string | undefined, type: string): void => {
    if (fields !== undefined)
      for (const [owner, field] of fieldsIn(parseFieldSet(fields), type, types))
        used.add(coordinate(graph, owner, field));
  };
  for (const node of types.values()) {
    for (const join of directivesOf(node, "join__type"))
      use(argumentOf(join, "graph"), argumentOf(join, "key"), node.name.value);
    for (const field of node.fields ?? []) {
      for (const join of directivesOf(field, "join__field")) {
        use(argumentOf(join, "graph"), argumentOf(join, "requires"), node.name.value);
        use(argumentOf(join, "graph"), argumentOf(join, "provides"), namedType(field.type));
      }
    }
  }
  return used;
}

function isIn(type: FieldsNode | undefined, fieldName: string, graph: string | undefined): boolean {
  const field = type && fieldNamed(type, fieldName);
  if (!type || !field) return false;
  const joins = directivesOf(field, "join__field");
  return (joins.length > 0 ? joins : directivesOf(type, "join__type")).some(
    (join) => argumentOf(join, "graph") === graph,
  );
}
