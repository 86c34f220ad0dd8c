import {
  buildASTSchema,
  execute,
  GraphQLError,
  type GraphQLFieldResolver,
  type GraphQLSchema,
  isAbstractType,
  isNonNullType,
  isObjectType,
  parse,
  printSchema,
  responsePathAsArray,
  visit,
} from "graphql";
import type { GeneratedOperation } from "../documents.ts";
import type { Path } from "../both-executors.ts";
import type { ThingField, Troubled } from "./subgraph.ts";
import { isThing, root, type Thing, type World } from "./world.ts";

/** The response of one undivided service. */
export interface Expected {
  data: unknown;
  /** The path of every field that fails, including those inside a value that another failure makes null. */
  failures: Path[];
  /** The fields of the response, by their paths (`product,price`). */
  fields: ReadonlyMap<string, ThingField>;
}

/** Creates the oracle: graphql-js over the schema that clients see, with the data of the world. */
export function undivided(api: GraphQLSchema, world: World) {
  const whole = withResolvers(buildASTSchema(parse(printSchema(api))), world, undefined);
  const lenient = withResolvers(nullable(api), world, api);
  return async ({ query, variables }: GeneratedOperation, troubled: Troubled): Promise<Expected> => {
    const fields = new Map<string, ThingField>();
    const observer = { resolved: (path: Path, of: ThingField) => void fields.set(path.join(), of), notFound: () => {} };
    const request = { document: parse(query), variableValues: variables };
    const { data } = await execute({ ...request, schema: whole, contextValue: { ...troubled, observer } });
    const { errors = [] } = await execute({ ...request, schema: lenient, contextValue: troubled });
    const failures = errors.map(({ path }) => path ?? []);
    return { data: JSON.parse(JSON.stringify(data ?? null)), failures, fields };
  };
}

/** Returns the same schema with every field nullable, so that one failure hides no other. */
const nullable = (schema: GraphQLSchema): GraphQLSchema =>
  buildASTSchema(
    visit(parse(printSchema(schema)), {
      InputValueDefinition: () => false,
      NonNullType: { leave: ({ type }) => type },
    }),
  );

/** Attaches resolvers that read the world. @param strict the schema whose types decide that a null is a failure, where it is another one */
function withResolvers(schema: GraphQLSchema, world: World, strict: GraphQLSchema | undefined): GraphQLSchema {
  for (const type of Object.values(schema.getTypeMap())) {
    if (type.name.startsWith("__")) continue;
    if (isAbstractType(type)) type.resolveType = (value: unknown) => (value as Thing).type;
    if (!isObjectType(type)) continue;
    for (const field of Object.values(type.getFields())) {
      const strictType = strict?.getType(type.name);
      const definition = isObjectType(strictType) ? strictType.getFields()[field.name] : undefined;
      const resolve: GraphQLFieldResolver<unknown, Troubled> = (source, args, troubled, { path }) => {
        const thing = isThing(source) ? source : root(type);
        const value = world.valueOf(thing, field.name, { args: args as object, ...troubled });
        const of = { thing, field: field.name, args: args as object };
        troubled.observer?.resolved(responsePathAsArray(path), of, { value, given: undefined });
        if (value === null && isNonNullType(definition?.type)) throw new GraphQLError("null in a non-null field");
        return value;
      };
      field.resolve = resolve;
    }
  }
  return schema;
}
