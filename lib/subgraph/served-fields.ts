import { type DocumentNode, type FieldDefinitionNode, Kind, type ObjectTypeDefinitionNode } from "graphql";
import { nameOf } from "./complete-lists.ts";
import type { SubgraphEntities } from "./entity-resolvers.ts";

/** Returns whether other subgraphs may refer to objects of a type. With `@key(…, resolvable: false)`, this subgraph only refers to them. */
export const isReferable = ({ directives = [] }: ObjectTypeDefinitionNode): boolean =>
  directives.some(
    ({ name, arguments: given = [] }) =>
      name.value === "key" &&
      !given.some((each) => each.name.value === "resolvable" && each.value.kind === Kind.BOOLEAN && !each.value.value),
  );

/**
 * Checks that each root field has a resolver, and each field of an object that references lead to a resolver or a property. Without one it would be null in
 * every response.
 * @throws Error that names the fields and what each needs, or entities that are not referable types of the schema
 */
export function requireServedFields(
  document: DocumentNode,
  resolvers: Readonly<Record<string, object>>,
  entities: SubgraphEntities,
): void {
  const unserved: string[] = [];
  const needed = new Set<string>();
  const unknown = new Set(Object.keys(entities));
  for (const node of document.definitions) {
    // The objects of an interface that is listed are of the types behind it.
    if (node.kind === Kind.INTERFACE_TYPE_DEFINITION) unknown.delete(node.name.value);
    if (node.kind !== Kind.OBJECT_TYPE_DEFINITION) continue;
    const type = node.name.value;
    const isRoot = type === "Query" || type === "Mutation";
    if (!isRoot && !isReferable(node)) continue;
    unknown.delete(type);
    const properties = isRoot ? [] : (entities[type]?.properties ?? ["id"]);
    const served = new Set([...properties, ...Object.keys(resolvers[type] ?? {})]);
    for (const field of node.fields ?? []) {
      if (served.has(field.name.value)) continue;
      unserved.push(`${type}.${field.name.value}`);
      needed.add(whatServes(type, field));
    }
  }
  if (unknown.size > 0) throw new Error(`The schema has no type with @key for the entity ${[...unknown].join(", ")}.`);
  if (unserved.length > 0)
    throw new Error(
      `Neither an entity nor a resolver serves ${unserved.join(", ")}. Add ${[...needed].join("; ")} (docs/adding-a-field.md).`,
    );
}

/** Returns what a developer has to add for a field. */
function whatServes(type: string, field: FieldDefinitionNode): string {
  const [, entity] = /^(\w+)Connection$/.exec(nameOf(field.type)) ?? [];
  if (type === "Mutation") return "a use case of its name to resolvers/mutations.ts";
  if (entity !== undefined)
    return type === "Query"
      ? `${entity} to the entities in loaders.ts`
      : `"${type}.${field.name.value}" to \`under\` of the entity ${entity}`;
  return type === "Query"
    ? "a resolver to resolvers/index.ts"
    : `a property of its name to the rows of ${type}, or a resolver to resolvers/${type}.ts, which resolvers/index.ts lists`;
}
