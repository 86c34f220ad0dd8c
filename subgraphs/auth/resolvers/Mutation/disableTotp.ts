import { disableTotp as disable } from "../../mfa/totp.ts";
import type { MutationResolvers } from "../../generated/resolvers.ts";

export const disableTotp: MutationResolvers["disableTotp"] = async (_root, { input }, context) => {
  const error = await disable(context.services, context.request, input);
  context.written();
  return { userErrors: error ? [error] : [] };
};
