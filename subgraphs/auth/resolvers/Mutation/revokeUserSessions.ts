import { found, validId } from "#lib/arguments.ts";
import { requirePermission } from "#lib/request-context.ts";
import { isUserError } from "#lib/user-errors.ts";
import { revokeSessionsOf } from "../../sessions/end-sessions.ts";
import type { MutationResolvers } from "../../generated/resolvers.ts";

export const revokeUserSessions: MutationResolvers["revokeUserSessions"] = async (_root, { input }, context) => {
  const { request, services } = context;
  const userId = validId(input.userId ?? request.identity.id, "input.userId");
  // One's own are judged by what the account may do.
  if (userId !== request.identity.id) requirePermission(request.identity, "session:revoke");
  const sessions = await revokeSessionsOf(services, request, userId);
  if (isUserError(sessions)) return { sessions: [], userErrors: [sessions] };
  context.written();
  return { sessions: found(sessions ?? null, "user"), userErrors: [] };
};
