import { type ConstDirectiveNode, type DocumentNode, Kind, type SelectionSetNode } from "graphql";
import {
  argumentOf,
  directivesOf,
  fieldNamed,
  type FieldsNode,
  hasFields,
  namedType,
  parseFieldSet,
} from "./supergraph-ast.ts";

/**
 * The document without `@external` of fields that nothing in their subgraph needs (no key, no `@requires`, no `@provides`, no interface): a
 * supergraph that has such is refused.
 */
export function withoutIdleExternals(document: DocumentNode): DocumentNode {
  const types = new Map(document.definitions.filter(hasFields).map((node) => [node.name.value, node]));
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
            fields: (node.fields ?? []).map((field) => ({
              ...field,
              directives: (field.directives ?? []).filter(
                (each) => each.name.value !== "join__field" || !isIdle(each, node, field.name.value),
              ),
            })),
          }
        : node,
    ),
  };
}

const coordinate = (graph: string | undefined, type: string, field: string) => `${String(graph)} ${type}.${field}`;

function usedFields(types: ReadonlyMap<string, FieldsNode>): Set<string> {
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

/** Type and field of everything in a selection. */
export function* fieldsIn(
  { selections }: SelectionSetNode,
  typeName: string,
  types: ReadonlyMap<string, FieldsNode>,
): Generator<[type: string, field: string]> {
  for (const selection of selections) {
    if (selection.kind === Kind.FRAGMENT_SPREAD) continue;
    if (selection.kind === Kind.INLINE_FRAGMENT) {
      yield* fieldsIn(selection.selectionSet, selection.typeCondition?.name.value ?? typeName, types);
      continue;
    }
    const type = types.get(typeName);
    const field = type && fieldNamed(type, selection.name.value);
    if (!field) continue;
    yield [typeName, field.name.value];
    if (selection.selectionSet) yield* fieldsIn(selection.selectionSet, namedType(field.type), types);
  }
}

function isIn(type: FieldsNode | undefined, fieldName: string, graph: string | undefined): boolean {
  const field = type && fieldNamed(type, fieldName);
  if (!type || !field) return false;
  const joins = directivesOf(field, "join__field");
  return (joins.length > 0 ? joins : directivesOf(type, "join__type")).some(
    (join) => argumentOf(join, "graph") === graph,
  );
}
