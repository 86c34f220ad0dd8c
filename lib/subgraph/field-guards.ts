import {
  defaultFieldResolver,
  getNamedType,
  type GraphQLField,
  type GraphQLFieldResolver,
  type GraphQLSchema,
  isObjectType,
} from "graphql";
import { withValidIds } from "../graphql/input-ids.ts";
import { type Needs, type RequestContext, requirePermission } from "../trust/request-context.ts";
import { withFewReferences } from "./references.ts";

interface GuardedContext {
  request: RequestContext;
  /** In a subgraph that writes: clears the loaded data. */
  written?: () => void;
}

/** Field (`Query.vm`) or type (`Vm`) → what it needs. The needs of a type apply to every field that returns it. */
export type Authorization = Readonly<Record<string, Needs>>;

type GuardedResolver = GraphQLFieldResolver<unknown, GuardedContext>;

/**
 * Makes every field check its own needs and those of the type that it returns before its resolver runs. A root field that is not listed prevents the start.
 */
export function guardFields(schema: GraphQLSchema, subgraph: string, authorization: Authorization): void {
  const listed = new Set(Object.keys(authorization));
  const roots = [schema.getQueryType(), schema.getMutationType(), schema.getSubscriptionType()];
  for (const type of Object.values(schema.getTypeMap())) {
    listed.delete(type.name);
    if (!isObjectType(type)) continue;
    for (const field of Object.values(type.getFields())) {
      if (field.name === "_service") continue;
      const resolve: GuardedResolver = field.resolve ?? defaultFieldResolver;
      if (field.name === "_entities") {
        field.resolve = withFewReferences(resolve);
        continue;
      }
      const coordinate = `${type.name}.${field.name}`;
      if (roots.includes(type) && !(coordinate in authorization))
        throw new Error(`${coordinate} of subgraph ${subgraph} has no entry in its authorization.`);
      listed.delete(coordinate);
      const needs = needsOf(field, type.name, authorization);
      const isMutation = type === schema.getMutationType();
      const cleared = isMutation ? withClearedData(withValidIds(field.args, resolve)) : resolve;
      field.resolve = needs.length > 0 ? guardedBy(needs, cleared) : cleared;
    }
  }
  if (listed.size > 0)
    throw new Error(`Authorization of subgraph ${subgraph} names unknown types or fields: ${[...listed].join(", ")}.`);
}

/** Returns the needs of a field and of the type that it returns. */
export const needsOf = (
  { name, type }: GraphQLField<unknown, unknown>,
  parent: string,
  authorization: Authorization,
): Needs[] =>
  [authorization[`${parent}.${name}`], authorization[getNamedType(type).name]].filter((needs) => needs !== undefined);

/**
 * Clears the loaded data before a mutation: data that the previous mutation's payload read must neither answer this one, nor hold a connection while this
 * one runs.
 */
const withClearedData =
  (resolve: GuardedResolver): GuardedResolver =>
  (source, args, context, info) => {
    context.written?.();
    return resolve(source, args, context, info);
  };

const guardedBy =
  (needs: readonly Needs[], resolve: GuardedResolver): GuardedResolver =>
  (source, args, context, info) => {
    for (const each of needs) requirePermission(context.request.identity, each);
    return resolve(source, args, context, info);
  };
