import { type ConstDirectiveNode, type DocumentNode, type FieldDefinitionNode, Kind } from "graphql";
import {
  argumentOf,
  directive,
  directivesOf,
  fieldNamed,
  type FieldsNode,
  hasFields,
  implementing,
  isResolvableKey,
  typesIn,
  withArgument,
  withoutArgument,
} from "../supergraph-ast.ts";

/**
 * Returns the document in which a virtual subgraph knows the objects of an interface by their own types, and no longer by `@interfaceObject`. After a
 * requirement of an `@interfaceObject`, Apollo's planner finds no way, or leaves the field out; after one of an object type it finds the way. The interface
 * keeps its keys in the virtual subgraph, for the return types of its fields. Calls are translated to the subgraph's own terms before they are sent
 * (`inSubgraphTerms`).
 */
export function withTypesOfInterfaceObject(
  document: DocumentNode,
  virtual: string,
  interfaceName: string,
): DocumentNode {
  const types = typesIn(document);
  const interfaceNode = types.get(interfaceName);
  if (!interfaceNode) return document;
  const ofVirtual = (node: ConstDirectiveNode): boolean => argumentOf(node, "graph") === virtual;
  const keys = directivesOf(interfaceNode, "join__type").filter((join) => ofVirtual(join) && isResolvableKey(join));
  const behind = new Set(
    implementing(types, interfaceName)
      .filter((node) => node.kind === Kind.OBJECT_TYPE_DEFINITION)
      .map(({ name }) => name.value),
  );
  const isHere = (field: FieldDefinitionNode) => directivesOf(field, "join__field").filter(ofVirtual);

  const asObject = (node: FieldsNode): FieldsNode => {
    const graphs = new Set(directivesOf(node, "join__type").map((join) => argumentOf(join, "graph")));
    return {
      ...node,
      directives: [...(node.directives ?? []), ...keys.map(withoutInterfaceObject)],
      fields: node.fields?.map((field) => {
        const given = directivesOf(field, "join__field");
        const everywhere = given.length > 0 ? [] : [...graphs].map((graph) => joinOf(String(graph)));
        const original = fieldNamed(interfaceNode, field.name.value);
        const here = original ? isHere(original) : [];
        // A `@join__field` without a graph marks a field that only interface objects have: the joins of this virtual subgraph replace it.
        const kept = field.directives?.filter((each) => here.length === 0 || !isOfInterfaceObject(each)) ?? [];
        return { ...field, directives: [...kept, ...everywhere, ...here] };
      }),
    };
  };

  const asInterface = (node: FieldsNode): FieldsNode => ({
    ...node,
    fields: node.fields?.map((field) => {
      const isRequirement = isHere(field).some(
        (join) => argumentOf(join, "requires") !== undefined || argumentOf(join, "external") === "true",
      );
      if (!isRequirement) return field;
      const kept = field.directives?.filter((each) => each.name.value !== "join__field" || !ofVirtual(each)) ?? [];
      // Without any `@join__field` it would be in every subgraph that has the interface.
      const isNowhere = !kept.some((each) => each.name.value === "join__field");
      return { ...field, directives: isNowhere ? [...kept, directive("join__field")] : kept };
    }),
  });

  return {
    ...document,
    definitions: document.definitions.map((node) => {
      if (!hasFields(node)) return node;
      if (behind.has(node.name.value)) return asObject(node);
      return withoutWayTo(virtual, node.name.value === interfaceName ? asInterface(node) : node);
    }),
  };
}

/** The planner knows one way from an object to each subgraph: it must be that of the object's own type. */
const withoutWayTo = (virtual: string, node: FieldsNode): FieldsNode => ({
  ...node,
  directives: node.directives?.map((join) =>
    argumentOf(join, "graph") === virtual && argumentOf(join, "isInterfaceObject") === "true"
      ? withArgument(join, "resolvable", { kind: Kind.BOOLEAN, value: false })
      : join,
  ),
});

const isOfInterfaceObject = (node: ConstDirectiveNode): boolean =>
  node.name.value === "join__field" && argumentOf(node, "graph") === undefined;

const withoutInterfaceObject = (join: ConstDirectiveNode): ConstDirectiveNode =>
  withoutArgument(join, "isInterfaceObject");

const joinOf = (graph: string): ConstDirectiveNode =>
  directive("join__field", { graph: { kind: Kind.ENUM, value: graph } });
