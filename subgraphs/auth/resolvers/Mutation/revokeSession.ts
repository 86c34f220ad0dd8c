import { found, validId } from "#lib/graphql/arguments.ts";
import { isUserError } from "#lib/graphql/user-errors.ts";
import { revokeSession as revoke } from "../../sessions/end-sessions.ts";
import type { MutationResolvers } from "../../generated/resolvers.ts";

export const revokeSession: MutationResolvers["revokeSession"] = async (_root, { input }, context) => {
  const session = await revoke(context.services, context.request, validId(input.id, "input.id"));
  if (isUserError(session)) return { session: null, userErrors: [session] };
  context.written();
  return { session: found(session ?? null, "session"), userErrors: [] };
};
