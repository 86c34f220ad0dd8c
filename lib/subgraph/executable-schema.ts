import { readFileSync } from "node:fs";
import { buildSubgraphSchema } from "@apollo/subgraph";
import { type ConstDirectiveNode, type GraphQLScalarType, type GraphQLSchema, Kind, parse } from "graphql";
import { asset } from "../assets.ts";
import { connectionFields } from "../graphql/connections.ts";
import { evaluateDefaults } from "../graphql/input-defaults.ts";
import { scalars } from "../graphql/scalars.ts";
import { userErrorFields } from "../graphql/user-errors.ts";
import type { LiveFields } from "../live/live-field.ts";
import { liveResolvers } from "../live/live-resolvers.ts";
import { publicAccess, type RequestContext } from "../trust/request-context.ts";
import { type Authorization, guardFields } from "./field-guards.ts";
import { type Reference, referenceResolver } from "./references.ts";

/** What is added to a subgraph's schema.graphql to execute it. */
export interface SchemaDefinition<Context> {
  name: string;
  resolvers: Readonly<Record<string, unknown>>;
  entities: Readonly<Record<string, Reference<Context>>>;
  /**
   * Every root field is listed; other fields are listed if not every caller that reaches their object may read them. The needs of a type also apply to
   * every reference to it.
   */
  authorization: Authorization;
  /** The fields of `Subscription`. */
  live?: { fields: LiveFields<Context> };
}

type TypeResolvers = Record<string, unknown>;

/** @throws Error when the schema, its resolvers, its entities and its authorization do not fit each other */
export function executableSchema<Context extends { request: RequestContext }>(
  definition: SchemaDefinition<Context>,
): GraphQLSchema {
  const { name, resolvers, entities, authorization, live } = definition;
  const typeDefs = parse(readFileSync(asset(`subgraphs/${name}/schema.graphql`), "utf8"));
  const completed: Record<string, TypeResolvers | GraphQLScalarType> = {};
  for (const node of typeDefs.definitions) {
    if (node.kind === Kind.SCALAR_TYPE_DEFINITION) completed[node.name.value] = scalarNamed(node.name.value, name);
    if (node.kind !== Kind.OBJECT_TYPE_DEFINITION) continue;
    const type = node.name.value;
    if (type === "Subscription") {
      completed[type] = liveResolvers(node, name, live?.fields ?? {});
      continue;
    }
    const own = (resolvers[type] ?? {}) as TypeResolvers;
    if ("__resolveReference" in own) {
      throw new Error(`${type} of subgraph ${name} resolves its own references: list it in \`entities\`.`);
    }
    completed[type] = {
      ...(type.endsWith("Connection") ? connectionFields : {}),
      ...(type === "UserError" ? userErrorFields : {}),
      ...own,
    };
    const key = node.directives?.find((directive) => directive.name.value === "key");
    if (!key || isUnresolvable(key)) continue;
    const reference = entities[type];
    if (!reference) throw new Error(`Entity ${type} of subgraph ${name} has no entry in \`entities\`.`);
    completed[type] = {
      ...completed[type],
      __resolveReference: referenceResolver(type, reference, authorization[type] ?? publicAccess),
    };
  }
  for (const [type, own] of Object.entries(resolvers)) completed[type] ??= own as TypeResolvers;
  // The only cast: codegen has typed each resolver against this schema, which the builder's own type cannot express.
  const modules = { typeDefs, resolvers: completed } as unknown as Parameters<typeof buildSubgraphSchema>[0];
  const schema = buildSubgraphSchema(modules);
  evaluateDefaults(schema);
  guardFields(schema, name, authorization);
  return schema;
}

function scalarNamed(scalar: string, subgraph: string): GraphQLScalarType {
  const found = scalars[scalar];
  if (!found) throw new Error(`Scalar ${scalar} of subgraph ${subgraph} is not in lib/graphql/scalars.ts.`);
  return found;
}

/** Returns whether a key is `@key(…, resolvable: false)`: the subgraph only refers to the type. */
const isUnresolvable = (key: ConstDirectiveNode): boolean =>
  key.arguments?.some(
    ({ name, value }) => name.value === "resolvable" && value.kind === Kind.BOOLEAN && !value.value,
  ) ?? false;
