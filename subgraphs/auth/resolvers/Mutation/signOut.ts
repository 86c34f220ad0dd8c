import { isUserError } from "#lib/graphql/user-errors.ts";
import { revokeSession } from "../../sessions/end-sessions.ts";
import type { MutationResolvers } from "../../generated/resolvers.ts";

export const signOut: MutationResolvers["signOut"] = async (_root, _args, context) => {
  const { credential } = context.request.identity;
  if (credential?.kind !== "session") return { session: null, userErrors: [] };
  const session = await revokeSession(context.services, context.request, credential.id, "user.sign_out");
  if (isUserError(session)) return { session: null, userErrors: [session] };
  context.written();
  return { session: session ?? null, userErrors: [] };
};
