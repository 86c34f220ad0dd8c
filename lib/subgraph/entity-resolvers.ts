import {
  type DocumentNode,
  type FieldDefinitionNode,
  type GraphQLFieldResolver,
  type InputValueDefinitionNode,
  Kind,
  type ObjectTypeDefinitionNode,
  print,
  type TypeNode,
} from "graphql";
import { found, validId } from "../graphql/arguments.ts";
import type { EntityLoaders } from "../graphql/batching.ts";
import { selects } from "../graphql/connections.ts";
import type { PageArguments } from "../graphql/pagination.ts";
import { hasChanges } from "./complete-changes.ts";
import { nameOf } from "./complete-lists.ts";

/** An entity as its subgraph needs to know it. `db/entity.ts` defines it. */
export interface SubgraphEntity {
  /** The fields that list it under a parent, as `ClusterNode.vms`. */
  under: Readonly<Record<string, unknown>>;
  /** Reads its changes, if they are recorded. */
  changes?: unknown;
  /** The properties of its rows, which are fields of its type without a resolver. */
  properties: readonly string[];
}

/** The entities of a subgraph, by the names of their types. */
export type SubgraphEntities = Readonly<Record<string, SubgraphEntity>>;

/** A context with the loaders of the subgraph's entities, by the names of their types. */
export interface EntityContext {
  loaders: object;
}

/** Returns the loaders of an entity: those of a context were created from the same entities. */
export const loadersOf = ({ loaders }: EntityContext, type: string) =>
  (loaders as Readonly<Record<string, EntityLoaders<unknown, unknown, string>>>)[type] as EntityLoaders<
    unknown,
    unknown,
    string
  >;

type Row = Readonly<Record<string, unknown>> & { id: string };
type Resolver = GraphQLFieldResolver<Row, EntityContext>;
export type EntityResolvers = Readonly<Record<string, Readonly<Record<string, Resolver>>>>;

/**
 * Returns the resolvers that follow from a subgraph's entities, by type and field:
 *
 * - `Query.vm(id: ID!): Vm` looks an object up, and fails with NOT_FOUND when none is visible.
 * - `Query.vms: VmConnection` is a page of the list.
 * - `ClusterNode.vms: VmConnection` is a page of the list under its parent, if the entity has that field in `under`.
 * - `Vm.changes: ChangeConnection` is a page of the entity's changes.
 * - `Vm.node: ClusterNode` is the object whose id is the row's `nodeId`, or else its `node`.
 *
 * @param nounOf what an entity is called in errors
 * @throws Error when the schema has no such field for an entry in `under`
 */
export function entityResolvers(
  document: DocumentNode,
  entities: SubgraphEntities,
  nounOf: (type: string) => string,
): EntityResolvers {
  const types = document.definitions.filter((node) => node.kind === Kind.OBJECT_TYPE_DEFINITION);
  const keyed = new Set(types.filter(hasKey).map(({ name }) => name.value));
  const resolverOf = (parent: string, field: FieldDefinitionNode): Resolver | undefined => {
    if (parent === "Query") return rootList(field, entities) ?? lookup(field, entities, nounOf);
    return (
      listUnder(parent, field, entities) ??
      changes(parent, field, entities) ??
      (keyed.has(nameOf(field.type)) ? reference(parent, field, entities) : undefined)
    );
  };
  const resolvers = Object.fromEntries(
    types.map(({ name: { value: parent }, fields = [] }) => [
      parent,
      Object.fromEntries(
        fields.flatMap((field) => {
          const resolver = resolverOf(parent, field);
          return resolver ? [[field.name.value, resolver] as const] : [];
        }),
      ),
    ]),
  );
  requireLists(types, entities);
  requireChanges(types, entities);
  return resolvers;
}

const hasKey = ({ directives = [] }: ObjectTypeDefinitionNode): boolean =>
  directives.some(({ name }) => name.value === "key");

/** Returns the entity whose connection a field returns. */
function listedBy({ type }: FieldDefinitionNode, entities: SubgraphEntities): string | undefined {
  const [, entity] = /^(\w+)Connection$/.exec(nameOf(type)) ?? [];
  return entity !== undefined && Object.hasOwn(entities, entity) ? entity : undefined;
}

function rootList(field: FieldDefinitionNode, entities: SubgraphEntities): Resolver | undefined {
  const entity = listedBy(field, entities);
  if (entity === undefined) return undefined;
  return (_root, args: PageArguments, context, info) =>
    loadersOf(context, entity).page(args, selects(info, "totalCount"));
}

function lookup(
  { type, arguments: args = [] }: FieldDefinitionNode,
  entities: SubgraphEntities,
  nounOf: (type: string) => string,
): Resolver | undefined {
  const entity = nameOf(type);
  const isLookup = Object.hasOwn(entities, entity) && isSingle(type) && isId(args);
  if (!isLookup) return undefined;
  return async (_root, { id }: { id: string }, context) =>
    found(await loadersOf(context, entity).load(validId(id, "id")), nounOf(entity));
}

function listUnder(parent: string, field: FieldDefinitionNode, entities: SubgraphEntities): Resolver | undefined {
  const entity = listedBy(field, entities);
  const coordinate = `${parent}.${field.name.value}`;
  if (entity === undefined || !Object.hasOwn(entities[entity]?.under ?? {}, coordinate)) return undefined;
  return ({ id }, args: PageArguments, context, info) =>
    loadersOf(context, entity).under(coordinate).load(id, args, info);
}

function changes(parent: string, field: FieldDefinitionNode, entities: SubgraphEntities): Resolver | undefined {
  if (nameOf(field.type) !== "ChangeConnection" || !entities[parent]?.changes) return undefined;
  return ({ id }, args: PageArguments, context, info) => loadersOf(context, parent).changes().load(id, args, info);
}

function reference(
  parent: string,
  { name: { value: name }, type }: FieldDefinitionNode,
  entities: SubgraphEntities,
): Resolver | undefined {
  const property = [`${name}Id`, name].find((each) => entities[parent]?.properties.includes(each));
  if (property === undefined || !isSingle(type)) return undefined;
  const entity = nameOf(type);
  if (Object.hasOwn(entities, entity))
    return ({ [property]: id }, _args, context) =>
      typeof id === "string" ? loadersOf(context, entity).load(id) : null;
  return ({ [property]: id }) => (typeof id === "string" ? { id } : null);
}

const isId = ([id, ...others]: readonly InputValueDefinitionNode[]): boolean =>
  id?.name.value === "id" && print(id.type) === "ID!" && others.length === 0;

/** Returns whether a type is no list. */
const isSingle = (type: TypeNode): boolean => print(type).replace("!", "") === nameOf(type);

/** @throws Error when an entity is to be listed by a field that the schema does not have, or not as a list of that entity */
function requireLists(types: readonly ObjectTypeDefinitionNode[], entities: SubgraphEntities): void {
  const lists = new Set(
    types.flatMap(({ name: { value: parent }, fields = [] }) =>
      fields.map((field) => `${parent}.${field.name.value}: ${listedBy(field, entities)}`),
    ),
  );
  const absent = Object.entries(entities)
    .flatMap(([entity, { under }]) => Object.keys(under).map((field) => `${field}: ${entity}`))
    .filter((list) => !lists.has(list));
  if (absent.length > 0) throw new Error(`The schema has no such list of an entity: ${absent.join(", ")}.`);
}

/** @throws Error when a type has `@recorded` and its entity has no history, or the other way round */
function requireChanges(types: readonly ObjectTypeDefinitionNode[], entities: SubgraphEntities): void {
  const differing = types.filter((type) => {
    const entity = entities[type.name.value];
    return entity !== undefined && hasChanges(type) !== (entity.changes !== undefined);
  });
  if (differing.length > 0)
    throw new Error(
      `@recorded and \`history\` of the entity belong together: ${differing.map(({ name }) => name.value).join(", ")}.`,
    );
}
