import type { GraphQLFieldResolver } from "graphql";
import { PublicError } from "../errors.ts";
import type { BatchLoader } from "../graphql/batching.ts";
import { type Needs, type RequestContext, requirePermission } from "../trust/request-context.ts";
import { isUuid } from "../uuid.ts";
import { maxReferences } from "./max-references.ts";

/**
 * How a reference to an entity, `{ __typename, id }`, becomes its object: through a batch loader of the request, or `referenceOnly` where another subgraph
 * owns the entity and this one only adds fields to it. A reference cannot be defined in any other way.
 */
export type Reference<Context> = ((context: Context) => BatchLoader<unknown>) | typeof referenceOnly;

export const referenceOnly = Symbol("an entity of another subgraph, known here by its id alone");

/** Returns the resolver of `__resolveReference` of a type: it checks the needs of the type first. */
export function referenceResolver<Context extends { request: RequestContext }>(
  typename: string,
  reference: Reference<Context>,
  needs: Needs,
) {
  if (reference === referenceOnly) {
    return ({ id }: { id: unknown }) => (isUuid(id) ? { __typename: typename, id } : null);
  }
  return async ({ id }: { id: string }, context: Context) => {
    requirePermission(context.request.identity, needs);
    const row = await reference(context).load(id);
    return row === null ? null : { ...row, __typename: typename };
  };
}

/** Returns the resolver of `_entities` with a limit of references in one call. */
export const withFewReferences =
  <Context>(resolve: GraphQLFieldResolver<unknown, Context>): GraphQLFieldResolver<unknown, Context> =>
  (source, args: { representations: unknown[] }, context, info) => {
    if (args.representations.length > maxReferences) {
      throw new PublicError("BAD_USER_INPUT", `At most ${maxReferences} references a call.`, {
        argument: "representations",
      });
    }
    return resolve(source, args, context, info);
  };
