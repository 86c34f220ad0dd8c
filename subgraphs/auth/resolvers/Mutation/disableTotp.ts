import { disableTotp as disable } from "../../mfa/totp.ts";
import type { MutationResolvers } from "../../generated/resolvers.ts";

export const disableTotp: MutationResolvers["disableTotp"] = async (_root, { input }, context) => {
  const disabled = await disable(context.services, context.request, input);
  context.written();
  if ("code" in disabled) return { token: null, session: null, userErrors: [disabled] };
  return { ...disabled, userErrors: [] };
};
