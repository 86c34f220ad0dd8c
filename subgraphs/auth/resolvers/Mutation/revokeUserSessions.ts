import { found, validId } from "#lib/arguments.ts";
import { requireOwnOr } from "../../authorization.ts";
import { revokeSessionsOf } from "../../sessions/end-sessions.ts";
import type { MutationResolvers } from "../../generated/resolvers.ts";

export const revokeUserSessions: MutationResolvers["revokeUserSessions"] = async (_root, { input }, context) => {
  const { request, services, loaders } = context;
  const userId = validId(input.userId ?? request.identity.id, "input.userId");
  requireOwnOr(request, userId, "session:revoke");
  if (userId !== request.identity.id) found(await loaders.userById.load(userId), "user");
  const sessions = await revokeSessionsOf(services, request, userId);
  context.written();
  return { sessions, userErrors: [] };
};
