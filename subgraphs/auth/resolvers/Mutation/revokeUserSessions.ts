import { found, validId } from "#lib/graphql/arguments.ts";
import { requirePermission } from "#lib/trust/request-context.ts";
import { isUserError } from "#lib/graphql/user-errors.ts";
import { revokeSessionsOf } from "../../sessions/end-sessions.ts";
import type { MutationResolvers } from "../../generated/resolvers.ts";

export const revokeUserSessions: MutationResolvers["revokeUserSessions"] = async (_root, { input }, context) => {
  const { request, services } = context;
  const { identity } = request;
  const userId = validId(input.userId ?? identity.id, "input.userId");
  // To end their own sessions, callers need the rights of the account, which are compared in the transaction that locks them.
  if (identity.kind !== "user" || userId !== identity.id) requirePermission(identity, "session:revoke");
  const sessions = await revokeSessionsOf(services, request, userId);
  if (isUserError(sessions)) return { sessions: [], userErrors: [sessions] };
  context.written();
  return { sessions: found(sessions ?? null, "user"), userErrors: [] };
};
