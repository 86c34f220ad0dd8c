import {
  type DefinitionNode,
  type DocumentNode,
  type FieldDefinitionNode,
  type InterfaceTypeDefinitionNode,
  Kind,
  type ObjectTypeDefinitionNode,
  type TypeNode,
  visit,
} from "graphql";
import { withImports } from "./federation-imports.ts";
import {
  connectionTypes,
  listField,
  type ListedNoun,
  orderDirection,
  orderInput,
  pageInfo,
  withoutArticle,
} from "./list-sdl.ts";

interface Listed extends ListedNoun {
  node: InterfaceTypeDefinitionNode | ObjectTypeDefinitionNode;
  /** Whether the schema has `<type>Filter` and `<type>OrderField`. */
  has: { filter: boolean; orderBy: boolean };
}

/**
 * Completes the lists of a subgraph's schema, of which its file states only the differences between them:
 *
 * - `@listed(one: "a VM", many: "VMs")` on the type `Vm` adds `VmConnection` and `VmEdge`, with the access directives of `Vm`. If the schema has an enum
 *   `VmOrderField`, it adds the input `VmOrder`.
 * - A field that returns `VmConnection` receives `@listSize`, the arguments of a page, and `filter: VmFilter` and `orderBy: VmOrder` if these exist.
 *
 * `PageInfo` and `OrderDirection` are added where they are needed, with the imports of the directives used.
 * @throws Error when a field returns a connection of a type that is not listed, or no field lists a listed type
 */
export function completeLists(document: DocumentNode): DocumentNode {
  const names = namesOf(document);
  const listed = new Map<string, Listed>(
    document.definitions.flatMap((node) => {
      const found = listedType(node, names);
      return found ? [[`${found.type}Connection`, found] as const] : [];
    }),
  );
  const returned = new Set<string>();
  const completed = visit(document, {
    Directive: ({ name }) => (name.value === "listed" ? null : undefined),
    FieldDefinition(field) {
      const connection = nameOf(field.type);
      returned.add(connection);
      const found = listed.get(connection);
      if (found) return completedField(field, found);
      if (connection.endsWith("Connection") && !names.has(connection))
        throw new Error(`${field.name.value} returns ${connection}, and its type has no @listed(one:, many:).`);
      return undefined;
    },
  });
  for (const connection of listed.keys())
    if (!returned.has(connection)) throw new Error(`No field returns ${connection}, and its type has @listed.`);
  if (listed.size === 0) return completed;
  const lists = [...listed.values()];
  const ordered = lists.filter(({ has }) => has.orderBy);
  return {
    ...completed,
    definitions: [
      ...withImports(completed.definitions, ["@listSize", "@shareable"]),
      ...pageInfo(),
      ...lists.flatMap(typesOf),
      ...ordered.flatMap(orderInput),
      ...(ordered.length > 0 ? orderDirection() : []),
    ],
  };
}

/** Returns what each listed type is called, as `network interface`. */
export const listedNouns = (document: DocumentNode): ReadonlyMap<string, string> =>
  new Map(
    document.definitions.flatMap((node) => {
      const found = listedType(node, namesOf(document));
      return found ? [[found.type, withoutArticle(found.one)] as const] : [];
    }),
  );

const namesOf = ({ definitions }: DocumentNode): ReadonlySet<string | undefined> =>
  new Set(definitions.map((node) => ("name" in node ? node.name?.value : undefined)));

/** Returns the name of a type without its lists and exclamation marks. */
export const nameOf = (type: TypeNode): string => (type.kind === Kind.NAMED_TYPE ? type.name.value : nameOf(type.type));

function listedType(node: DefinitionNode, names: ReadonlySet<string | undefined>): Listed | undefined {
  if (node.kind !== Kind.OBJECT_TYPE_DEFINITION && node.kind !== Kind.INTERFACE_TYPE_DEFINITION) return undefined;
  const directive = node.directives?.find(({ name }) => name.value === "listed");
  if (!directive) return undefined;
  const type = node.name.value;
  const noun = (argument: "one" | "many"): string => {
    const value = directive.arguments?.find(({ name }) => name.value === argument)?.value;
    if (value?.kind !== Kind.STRING) throw new Error(`@listed of ${type} has no \`${argument}\`.`);
    return value.value;
  };
  const has = { filter: names.has(`${type}Filter`), orderBy: names.has(`${type}OrderField`) };
  // An interface's objects may be in other subgraphs, of which one may fail.
  const nullable = node.kind === Kind.INTERFACE_TYPE_DEFINITION;
  return { node, type, one: noun("one"), many: noun("many"), nullable, has };
}

function completedField(field: FieldDefinitionNode, listed: Listed): FieldDefinitionNode {
  const list = listField(listed);
  const left = (name: string) => (name === "filter" || name === "orderBy") && !listed.has[name];
  return {
    ...field,
    arguments: [...(list.arguments ?? []).filter(({ name }) => !left(name.value)), ...(field.arguments ?? [])],
    directives: [...(list.directives ?? []), ...(field.directives ?? [])],
  };
}

const accessDirectives = new Set(["authenticated", "inaccessible", "policy", "requiresScopes"]);

/** Returns the connection, which only callers may see who may see its elements, and the edge. */
function typesOf(listed: Listed): DefinitionNode[] {
  const directives = listed.node.directives?.filter(({ name }) => accessDirectives.has(name.value));
  return connectionTypes(listed).map((node) =>
    node.kind === Kind.OBJECT_TYPE_DEFINITION && node.name.value === `${listed.type}Connection`
      ? { ...node, directives }
      : node,
  );
}
