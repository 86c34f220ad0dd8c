import {
  getNullableType,
  type GraphQLArgument,
  type GraphQLFieldResolver,
  GraphQLID,
  type GraphQLInputField,
  type GraphQLInputType,
  isInputObjectType,
  isListType,
} from "graphql";
import { validId } from "./arguments.ts";

/**
 * Makes a resolver receive each id in its arguments as the database writes it.
 * @throws InvalidArgument, before the resolver runs, for an id that is not a UUID
 */
export function withValidIds<Context>(
  args: readonly GraphQLArgument[],
  resolve: GraphQLFieldResolver<unknown, Context>,
): GraphQLFieldResolver<unknown, Context> {
  return (source, given: Record<string, unknown>, context, info) =>
    resolve(source, fieldsWithValidIds(args, given, ""), context, info);
}

function fieldsWithValidIds(
  fields: readonly (GraphQLArgument | GraphQLInputField)[],
  given: Readonly<Record<string, unknown>>,
  prefix: string,
): Record<string, unknown> {
  const valid = { ...given };
  for (const { name, type } of fields)
    if (name in given) valid[name] = valueWithValidIds(type, given[name], `${prefix}${name}`);
  return valid;
}

function valueWithValidIds(type: GraphQLInputType, value: unknown, path: string): unknown {
  if (value === null || value === undefined) return value;
  const nullable = getNullableType(type);
  if (nullable === GraphQLID) return validId(String(value), path);
  if (isListType(nullable) && Array.isArray(value))
    return value.map((each: unknown) => valueWithValidIds(nullable.ofType, each, path));
  if (isInputObjectType(nullable))
    return fieldsWithValidIds(Object.values(nullable.getFields()), value as Record<string, unknown>, `${path}.`);
  return value;
}
