import { payload } from "#subgraphs/mutations.ts";
import type { MutationResolvers } from "../../generated/resolvers.ts";
import { revokeUserSessions as revoke } from "../../sessions/end-sessions.ts";

export const revokeUserSessions: MutationResolvers["revokeUserSessions"] = async (_root, { input }, context) => {
  const outcome = await revoke(context.services, context.request, input);
  context.written();
  const { sessions = [], userErrors } = payload(outcome);
  return { sessions, userErrors };
};
