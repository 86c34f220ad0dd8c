import type { GraphQLFieldResolver, ObjectTypeDefinitionNode } from "graphql";
import { PublicError } from "../errors.ts";
import type { LiveFields } from "./live-field.ts";

/**
 * Returns the resolvers of `Subscription`: each resolves the value of one event.
 * @throws Error when a field of the schema has no live field, or the other way round
 */
export function liveResolvers<Context>(
  { fields: declared = [] }: ObjectTypeDefinitionNode,
  subgraph: string,
  fields: LiveFields<Context>,
): Record<string, GraphQLFieldResolver<unknown, Context>> {
  const names = declared.map(({ name }) => name.value);
  const unknown = [
    ...names.filter((name) => !(name in fields)),
    ...Object.keys(fields).filter((name) => !names.includes(name)),
  ];
  if (unknown.length > 0) {
    throw new Error(
      `Subscriptions of subgraph ${subgraph} are not both in its schema and followed: ${unknown.join(", ")}.`,
    );
  }
  return Object.fromEntries(
    Object.entries(fields).map(([name, field]) => [
      name,
      (root, args, context, info) => {
        if (root === undefined)
          throw new PublicError("BAD_REQUEST", "A subscription is not executed, but subscribed to.");
        return field.resolve(root, args as never, context, info);
      },
    ]),
  );
}
