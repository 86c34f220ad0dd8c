import { found, validId } from "#lib/graphql/arguments.ts";
import { roleOf, setUserRole as set } from "../../users/users.ts";
import type { MutationResolvers } from "../../generated/resolvers.ts";

export const setUserRole: MutationResolvers["setUserRole"] = async (_root, { input }, context) => {
  const user = await set(context.services, context.request, validId(input.userId, "input.userId"), roleOf(input.role));
  if (user && "code" in user) return { user: null, userErrors: [user] };
  context.written();
  return { user: found(user ?? null, "user"), userErrors: [] };
};
