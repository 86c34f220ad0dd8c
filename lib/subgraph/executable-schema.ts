import { readFileSync } from "node:fs";
import { buildSubgraphSchema } from "@apollo/subgraph";
import {
  type DocumentNode,
  type GraphQLScalarType,
  type GraphQLSchema,
  Kind,
  type ObjectTypeDefinitionNode,
  parse,
} from "graphql";
import { asset } from "../assets.ts";
import { changeFields } from "../graphql/change-fields.ts";
import { connectionFields } from "../graphql/connections.ts";
import { evaluateDefaults } from "../graphql/input-defaults.ts";
import { scalars } from "../graphql/scalars.ts";
import { userErrorFields } from "../graphql/user-errors.ts";
import type { LiveFields } from "../live/live-field.ts";
import { liveResolvers } from "../live/live-resolvers.ts";
import { publicAccess, type RequestContext } from "../trust/request-context.ts";
import { listedNouns, nameOf } from "./complete-lists.ts";
import { type DeclaredNeeds, declaredNeeds } from "./declared-needs.ts";
import { type EntityContext, entityResolvers, type SubgraphEntities } from "./entity-resolvers.ts";
import { guardFields } from "./field-guards.ts";
import { completeSchema } from "./read-schema.ts";
import { referenceResolver } from "./references.ts";
import { isReferable, requireServedFields } from "./served-fields.ts";

/** What every context of a request to a subgraph has. */
export interface SubgraphContext extends EntityContext {
  request: RequestContext;
}

/** What is added to a subgraph's schema file, `subgraphs/<name>/schema.graphql`, to execute it. */
export interface SubgraphDefinition<Context> {
  name: string;
  /** By type and field. What follows from the entities need not be written. */
  resolvers: Readonly<Record<string, unknown>>;
  entities: SubgraphEntities;
  /** The fields of `Subscription`. */
  live?: LiveFields<Context>;
}

export type TypeResolvers = Readonly<Record<string, unknown>>;

/**
 * Builds the schema of a subgraph from its file, with a resolver for every field and a guard before it.
 * @throws Error when the file, its access directives, the resolvers and the entities do not fit each other
 */
export function executableSchema<Context extends SubgraphContext>(
  definition: SubgraphDefinition<Context>,
): { schema: GraphQLSchema; needs: DeclaredNeeds } {
  const { name } = definition;
  try {
    const file = parse(readFileSync(asset(`subgraphs/${name}/schema.graphql`), "utf8"));
    const nouns = listedNouns(file);
    const typeDefs = completeSchema(file);
    const needs = declaredNeeds(typeDefs);
    const resolvers = allResolvers(definition, typeDefs, needs, (type) => nouns.get(type) ?? type);
    requireServedFields(typeDefs, resolvers, definition.entities);
    // The only cast: codegen has typed each resolver against this schema, which the builder's own type cannot express.
    const modules = { typeDefs, resolvers } as unknown as Parameters<typeof buildSubgraphSchema>[0];
    const schema = buildSubgraphSchema(modules);
    evaluateDefaults(schema);
    guardFields(schema, needs);
    return { schema, needs };
  } catch (error) {
    if (error instanceof Error) error.message = `Subgraph ${name}: ${error.message}`;
    throw error;
  }
}

/** Returns the resolvers that are written, and those that follow from the schema and the entities, by type. */
function allResolvers<Context extends SubgraphContext>(
  { name, resolvers, entities, live }: SubgraphDefinition<Context>,
  typeDefs: DocumentNode,
  needs: DeclaredNeeds,
  nounOf: (type: string) => string,
): Record<string, TypeResolvers | GraphQLScalarType> {
  const derived = entityResolvers(typeDefs, entities, nounOf);
  const all: Record<string, TypeResolvers | GraphQLScalarType> = {};
  for (const node of typeDefs.definitions) {
    if (node.kind === Kind.SCALAR_TYPE_DEFINITION) all[node.name.value] = scalarNamed(node.name.value);
    if (node.kind !== Kind.OBJECT_TYPE_DEFINITION) continue;
    const type = node.name.value;
    if (type === "Subscription") {
      all[type] = liveResolvers(node, name, live ?? {});
      continue;
    }
    const written = (resolvers[type] ?? {}) as TypeResolvers;
    if ("__resolveReference" in written)
      throw new Error(`${type} resolves its own references: list it among the entities.`);
    requireGuardedLists(node, { derived: derived[type] ?? {}, written }, needs);
    all[type] = {
      ...(type.endsWith("Connection") ? connectionFields : {}),
      ...(type === "UserError" ? userErrorFields : {}),
      ...(type === "Change" ? changeFields : {}),
      ...derived[type],
      ...written,
    };
    if (isReferable(node))
      all[type] = {
        ...all[type],
        __resolveReference: referenceResolver(type, entities, needs.get(type) ?? publicAccess),
      };
  }
  for (const [type, written] of Object.entries(resolvers)) all[type] ??= written as TypeResolvers;
  return all;
}

/** @throws Error for a derived list that neither its field, its parent nor its connection guards: such a list needs a resolver that does */
function requireGuardedLists(
  { name, fields = [] }: ObjectTypeDefinitionNode,
  { derived, written }: { derived: TypeResolvers; written: TypeResolvers },
  needs: DeclaredNeeds,
): void {
  const type = name.value;
  for (const field of fields) {
    const returned = nameOf(field.type);
    if (!returned.endsWith("Connection") || !(field.name.value in derived) || field.name.value in written) continue;
    if (![type, `${type}.${field.name.value}`, returned].some((each) => needs.has(each)))
      throw new Error(`${type}.${field.name.value} is a list that nothing guards: give it a directive or a resolver.`);
  }
}

function scalarNamed(scalar: string): GraphQLScalarType {
  const found = scalars[scalar];
  if (!found) throw new Error(`Scalar ${scalar} is not in lib/graphql/scalars.ts.`);
  return found;
}
