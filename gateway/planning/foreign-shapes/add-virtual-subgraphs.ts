import { type ConstDirectiveNode, type DocumentNode, Kind, visit } from "graphql";
import { type VirtualSubgraph, virtualSubgraphsOf } from "./virtual-subgraphs.ts";
import { withTypesOfInterfaceObject } from "./interface-object-types.ts";
import {
  addFields,
  argumentOf,
  directive,
  directivesOf,
  type FieldsNode,
  implementing,
  isResolvableKey,
  parseFieldSet,
  typesIn,
  withArgument,
  withoutArgument,
} from "../supergraph-ast.ts";
import type { Requirement, RealSubgraph, ReplacedField } from "./terms.ts";

export interface DividedSupergraph {
  document: DocumentNode;
  /** By the names of subgraphs in plans. */
  virtualSubgraphs: Map<string, RealSubgraph>;
}

/**
 * Moves fields to virtual subgraphs: fields that others require, and further ones until no two in one subgraph require the same field with
 * different arguments.
 */
export function withVirtualSubgraphs(
  document: DocumentNode,
  requirements: readonly Requirement[],
  substitutes: ReadonlyMap<string, ReplacedField>,
): DividedSupergraph {
  return virtualSubgraphsOf(document, requirements, substitutes).reduce<DividedSupergraph>(
    (divided, virtual) => added(divided, virtual),
    {
      document,
      virtualSubgraphs: new Map(),
    },
  );
}

function added({ document, virtualSubgraphs }: DividedSupergraph, virtual: VirtualSubgraph): DividedSupergraph {
  const isThere = presence(document, virtual);
  const isKey = keyFields(document, virtual);
  const ofOriginal = (node: ConstDirectiveNode) => argumentOf(node, "graph") === virtual.of;
  const forVirtual = (node: ConstDirectiveNode) =>
    withArgument(node, "graph", { kind: Kind.ENUM, value: virtual.name });
  const copied = (directives: readonly ConstDirectiveNode[] = []): readonly ConstDirectiveNode[] => [
    ...directives,
    ...directives.filter((node) => node.name.value !== "join__field" && ofOriginal(node)).map(forVirtual),
  ];
  const names = new Map(virtualSubgraphs);
  const divided = visit(document, {
    EnumTypeDefinition: (node) => {
      if (node.name.value !== "join__Graph") {
        const values = node.values?.map((value) => ({ ...value, directives: copied(value.directives) }));
        return { ...node, directives: copied(node.directives), values };
      }
      const original = node.values?.find(({ name }) => name.value === virtual.of);
      const join = original && directivesOf(original, "join__graph")[0];
      const real = join && argumentOf(join, "name");
      if (!original || !join || real === undefined) throw new Error(`The supergraph has no graph ${virtual.of}.`);
      const name = `${real}__self_${virtual.name.slice(virtual.of.length + "__SELF_".length)}`;
      names.set(name, { subgraph: real, as: virtual.as });
      const value = {
        ...original,
        name: { ...original.name, value: virtual.name },
        directives: [withArgument(join, "name", { kind: Kind.STRING, value: name })],
      };
      return { ...node, values: [...(node.values ?? []), value] };
    },
    UnionTypeDefinition: (node) => ({ ...node, directives: copied(node.directives) }),
    ScalarTypeDefinition: (node) => ({ ...node, directives: copied(node.directives) }),
    InputObjectTypeDefinition: (node) => ({
      ...node,
      directives: copied(node.directives),
      fields: node.fields?.map((field) => ({
        ...field,
        directives: [
          ...(field.directives ?? []),
          ...directivesOf(field, "join__field").filter(ofOriginal).map(forVirtual),
        ],
      })),
    }),
    ObjectTypeDefinition: (node) => ({ ...node, directives: copied(node.directives), fields: fieldsOf(node) }),
    InterfaceTypeDefinition: (node) => ({ ...node, directives: copied(node.directives), fields: fieldsOf(node) }),
  });

  function fieldsOf(node: FieldsNode): FieldsNode["fields"] {
    const graphs = new Set(directivesOf(node, "join__type").map((join) => argumentOf(join, "graph")));
    if (!graphs.has(virtual.of)) return node.fields;
    const moved = new Set(virtual.moved.filter(({ type }) => type === node.name.value).map(({ field }) => field));
    return node.fields?.map((field) => {
      const given = directivesOf(field, "join__field");
      // A field without `@join__field` is in every subgraph that has its type.
      const joins =
        given.length > 0
          ? given
          : [...graphs].map((graph) => directive("join__field", { graph: { kind: Kind.ENUM, value: String(graph) } }));
      const others = field.directives?.filter((each) => each.name.value !== "join__field") ?? [];
      const own = joins.filter(ofOriginal).map(forVirtual);
      // A subgraph that finds an object by a field has the field, even if it is `@external`.
      const mine = isKey(node.name.value, field.name.value) ? own.map(withoutExternal) : own;
      if (moved.has(field.name.value))
        return { ...field, directives: [...others, ...joins.filter((join) => !ofOriginal(join)), ...mine] };
      return {
        ...field,
        directives: [...others, ...joins, ...(isThere(node.name.value, field.name.value) ? mine : [])],
      };
    });
  }

  return {
    document: virtual.as === undefined ? divided : withTypesOfInterfaceObject(divided, virtual.name, virtual.as),
    virtualSubgraphs: names,
  };
}

/** Returns whether a field is in a key by which the types of moved fields are resolved. */
function keyFields(document: DocumentNode, { of, moved }: VirtualSubgraph): (type: string, field: string) => boolean {
  const types = typesIn(document);
  const found = new Set<string>();
  for (const { type } of moved) {
    for (const join of directivesOf(types.get(type) ?? {}, "join__type"))
      if (argumentOf(join, "graph") === of && isResolvableKey(join))
        addFields(found, parseFieldSet(argumentOf(join, "key") ?? ""), type, types);
  }
  return (type, field) => found.has(`${type}.${field}`);
}

/** Returns whether the virtual subgraph also has a field of the original. */
function presence(document: DocumentNode, virtual: VirtualSubgraph): (type: string, field: string) => boolean {
  const types = typesIn(document);
  const joins = (node: FieldsNode) =>
    directivesOf(node, "join__type").filter((join) => argumentOf(join, "graph") === virtual.of);
  const isEntity = (node: FieldsNode) => joins(node).some((join) => argumentOf(join, "key") !== undefined);
  const needed = new Set<string>();
  for (const node of types.values()) {
    for (const join of joins(node)) {
      const key = argumentOf(join, "key");
      if (key !== undefined) addFields(needed, parseFieldSet(key), node.name.value, types);
    }
  }
  for (const { type, selection } of virtual.moved) addFields(needed, selection, type, types);
  const roots = new Set(["Query", "Mutation", "Subscription"]);
  const has = (type: FieldsNode, field: string): boolean => {
    if (roots.has(type.name.value)) return false;
    if (needed.has(`${type.name.value}.${field}`)) return true;
    if (isEntity(type)) return false;
    // An interface has the fields that all of its types have.
    return implementing(types, type.name.value)
      .filter((other) => joins(other).length > 0)
      .every((other) => has(other, field));
  };
  return (type, field) => {
    const node = types.get(type);
    return node !== undefined && has(node, field);
  };
}

const withoutExternal = (join: ConstDirectiveNode): ConstDirectiveNode => withoutArgument(join, "external");
