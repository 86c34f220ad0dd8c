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
import type { DeclaredNeeds } from "./declared-needs.ts";
import { withFewReferences } from "./references.ts";

interface GuardedContext {
  request: RequestContext;
  /** In a subgraph that writes: clears the loaded data. */
  written?: () => void;
}

type GuardedResolver = GraphQLFieldResolver<unknown, GuardedContext>;

/**
 * Makes every field check its own needs and those of the type that it returns before its resolver runs.
 * @throws Error for a root field without needs
 */
export function guardFields(schema: GraphQLSchema, declared: DeclaredNeeds): void {
  const roots = [schema.getQueryType(), schema.getMutationType(), schema.getSubscriptionType()];
  for (const type of Object.values(schema.getTypeMap())) {
    if (!isObjectType(type)) continue;
    for (const field of Object.values(type.getFields())) {
      if (field.name === "_service") continue;
      const resolve: GuardedResolver = field.resolve ?? defaultFieldResolver;
      if (field.name === "_entities") {
        field.resolve = withFewReferences(resolve);
        continue;
      }
      if (roots.includes(type) && !declared.has(`${type.name}.${field.name}`))
        throw new Error(`${type.name}.${field.name} has no access directive.`);
      const needs = needsOf(declared, type.name, field);
      const isMutation = type === schema.getMutationType();
      const cleared = isMutation ? withClearedData(withValidIds(field.args, resolve)) : resolve;
      field.resolve = needs.length > 0 ? guardedBy(needs, cleared) : cleared;
    }
  }
}

/** Returns the needs of a field and of the type that it returns. */
export const needsOf = (
  declared: DeclaredNeeds,
  parent: string,
  { name, type }: GraphQLField<unknown, unknown>,
): Needs[] =>
  [declared.get(`${parent}.${name}`), declared.get(getNamedType(type).name)].filter((needs) => needs !== undefined);

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
