import { type ConstDirectiveNode, type DocumentNode, Kind } from "graphql";
import { withoutIdleExternals } from "./idle-externals.ts";
import { argumentOf, directivesOf, type FieldsNode, hasFields } from "../supergraph-ast.ts";

/**
 * Returns the document without keys that the planner wrongly uses to return to a subgraph. After `@requires`, and for an object known by
 * `@interfaceObject`, Apollo's planner returns by the first key whose fields the subgraph has, even if it is `resolvable: false`.
 *
 * - The keys of a type that cannot be resolved come last.
 * - A field with a requirement whose subgraph resolves its type by no key can never have its requirement. Where another subgraph has the field too, only
 *   that one is left.
 *
 * Keys that cannot be resolved have no other meaning in a plan. A document without them is returned unchanged.
 */
export function withResolvableKeys(document: DocumentNode): DocumentNode {
  if (!document.definitions.some((node) => hasFields(node) && keys(node).some(isUnresolvable))) return document;
  return withoutIdleExternals({
    ...document,
    definitions: document.definitions.map((node) => (hasFields(node) ? withUsableFields(withKeysInOrder(node)) : node)),
  });
}

const keys = (node: FieldsNode): ConstDirectiveNode[] =>
  directivesOf(node, "join__type").filter((join) => argumentOf(join, "key") !== undefined);

const isUnresolvable = (key: ConstDirectiveNode): boolean => argumentOf(key, "resolvable") === "false";

function withKeysInOrder(node: FieldsNode): FieldsNode {
  const unresolvable = keys(node).filter(isUnresolvable);
  const others = node.directives?.filter((each) => !unresolvable.includes(each)) ?? [];
  return { ...node, directives: [...others, ...unresolvable] };
}

function withUsableFields(node: FieldsNode): FieldsNode {
  if (node.kind === Kind.INTERFACE_TYPE_DEFINITION) return node;
  const resolved = new Set(keys(node).flatMap((key) => (isUnresolvable(key) ? [] : argumentOf(key, "graph"))));
  const isUsable = (join: ConstDirectiveNode): boolean =>
    join.name.value !== "join__field" ||
    argumentOf(join, "requires") === undefined ||
    resolved.has(argumentOf(join, "graph"));
  const isSource = (join: ConstDirectiveNode): boolean =>
    join.name.value === "join__field" && isUsable(join) && argumentOf(join, "external") !== "true";
  return {
    ...node,
    fields: node.fields?.map((field) =>
      field.directives?.some(isSource) ? { ...field, directives: field.directives.filter(isUsable) } : field,
    ),
  };
}
