import { found, validId } from "#lib/arguments.ts";
import { isRefusal } from "../../credentials/escalation.ts";
import { revokeSession as revoke } from "../../sessions/end-sessions.ts";
import type { MutationResolvers } from "../../generated/resolvers.ts";

export const revokeSession: MutationResolvers["revokeSession"] = async (_root, { input }, context) => {
  const session = await revoke(context.services, context.request, validId(input.id, "input.id"));
  if (isRefusal(session)) return { session: null, userErrors: [session] };
  context.written();
  return { session: found(session ?? null, "session"), userErrors: [] };
};
