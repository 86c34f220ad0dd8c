import { found, validId } from "#lib/arguments.ts";
import { isUserError } from "#lib/user-errors.ts";
import { requireOwnOr } from "../../authorization.ts";
import { revokeSessionsOf } from "../../sessions/end-sessions.ts";
import type { MutationResolvers } from "../../generated/resolvers.ts";

export const revokeUserSessions: MutationResolvers["revokeUserSessions"] = async (_root, { input }, context) => {
  const { request, services } = context;
  const userId = validId(input.userId ?? request.identity.id, "input.userId");
  requireOwnOr(request, userId, "session:revoke");
  const sessions = await revokeSessionsOf(services, request, userId);
  if (isUserError(sessions)) return { sessions: [], userErrors: [sessions] };
  context.written();
  return { sessions: found(sessions ?? null, "user"), userErrors: [] };
};
