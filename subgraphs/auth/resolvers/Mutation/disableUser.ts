import { found, validId } from "#lib/graphql/arguments.ts";
import { disableUser as disable } from "../../users/users.ts";
import type { MutationResolvers } from "../../generated/resolvers.ts";

export const disableUser: MutationResolvers["disableUser"] = async (_root, { input }, context) => {
  const user = await disable(context.services, context.request, validId(input.userId, "input.userId"));
  if (user && "code" in user) return { user: null, userErrors: [user] };
  context.written();
  return { user: found(user ?? null, "user"), userErrors: [] };
};
