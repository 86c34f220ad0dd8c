import { type ConstDirectiveNode, type DocumentNode, Kind } from "graphql";
import {
  argumentOf,
  directivesOf,
  fieldsIn,
  type FieldsNode,
  hasFields,
  isResolvableKey,
  parseFieldSet,
  typesIn,
  withArgument,
} from "../supergraph-ast.ts";

/**
 * Returns the document in which no key leads to an `@interfaceObject` that has nothing but its key. Apollo's planner knows one way from an object to a
 * subgraph. By such an interface it would find no fields there, and would not use another interface that has them.
 */
export function withoutIdleInterfaceObjects(document: DocumentNode): DocumentNode {
  const types = typesIn(document);
  const isIdle = (node: FieldsNode, join: ConstDirectiveNode): boolean => {
    if (argumentOf(join, "isInterfaceObject") !== "true" || !isResolvableKey(join)) return false;
    const { value: type } = node.name;
    const key = new Set(
      [...fieldsIn(parseFieldSet(argumentOf(join, "key") ?? ""), type, types)].map(([, name]) => name),
    );
    return (node.fields ?? []).every((field) => {
      const joins = directivesOf(field, "join__field");
      const isHere =
        joins.length === 0 || joins.some((each) => argumentOf(each, "graph") === argumentOf(join, "graph"));
      return !isHere || key.has(field.name.value);
    });
  };
  const idle = new Set(
    [...types.values()].flatMap((node) => directivesOf(node, "join__type").filter((join) => isIdle(node, join))),
  );
  if (idle.size === 0) return document;
  const closed = (join: ConstDirectiveNode): ConstDirectiveNode =>
    idle.has(join) ? withArgument(join, "resolvable", { kind: Kind.BOOLEAN, value: false }) : join;
  return {
    ...document,
    definitions: document.definitions.map((node) =>
      hasFields(node) ? { ...node, directives: node.directives?.map(closed) } : node,
    ),
  };
}
