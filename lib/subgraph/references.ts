import type { GraphQLFieldResolver } from "graphql";
import { PublicError } from "../errors.ts";
import { type Needs, type RequestContext, requirePermission } from "../trust/request-context.ts";
import { isUuid } from "../uuid.ts";
import { type EntityContext, loadersOf, type SubgraphEntities } from "./entity-resolvers.ts";
import { maxReferences } from "./max-references.ts";

/** Returns the resolver of references to an entity from other subgraphs, `{ __typename, id }`. It checks the needs of the type first. */
export function referenceResolver(type: string, entities: SubgraphEntities, needs: Needs) {
  // Another subgraph owns the entity, and this one only adds fields to it.
  if (!Object.hasOwn(entities, type))
    return ({ id }: { id: unknown }) => (isUuid(id) ? { __typename: type, id } : null);
  return async ({ id }: { id: string }, context: EntityContext & { request: RequestContext }) => {
    requirePermission(context.request.identity, needs);
    const row = await loadersOf(context, type).load(id);
    return row === null ? null : { ...(row as object), __typename: type };
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
