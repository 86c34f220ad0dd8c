import { validId } from "#lib/arguments.ts";
import { signIn as begin } from "../../sign-in/sign-in.ts";
import type { MutationResolvers } from "../../generated/resolvers.ts";

export const signIn: MutationResolvers["signIn"] = async (_root, { input }, context) => {
  if (input.tenantId) validId(input.tenantId, "input.tenantId");
  const outcome = await begin(context.services, context.request, input);
  if ("error" in outcome) return { token: null, session: null, userErrors: [outcome.error] };
  context.written(outcome.session.tenantId);
  return { ...outcome, userErrors: [] };
};
