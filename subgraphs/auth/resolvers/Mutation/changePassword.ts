import { changePassword as change } from "../../passwords/change-password.ts";
import type { MutationResolvers } from "../../generated/resolvers.ts";

export const changePassword: MutationResolvers["changePassword"] = async (_root, { input }, context) => {
  const changed = await change(context.services, context.request, input);
  if ("code" in changed) return { token: null, session: null, userErrors: [changed] };
  context.written();
  return { ...changed, userErrors: [] };
};
