import { resetPassword as reset } from "../../passwords/change-password.ts";
import type { MutationResolvers } from "../../generated/resolvers.ts";

export const resetPassword: MutationResolvers["resetPassword"] = async (_root, { input }, context) => {
  const error = await reset(context.services, context.request, input);
  return { userErrors: error ? [error] : [] };
};
