import { confirmTotp as confirm } from "../../mfa/totp.ts";
import type { MutationResolvers } from "../../generated/resolvers.ts";

export const confirmTotp: MutationResolvers["confirmTotp"] = async (_root, { input }, context) => {
  const confirmed = await confirm(context.services, context.request, input.code);
  if ("code" in confirmed) return { recoveryCodes: null, token: null, session: null, userErrors: [confirmed] };
  context.written();
  const { codes, token, session } = confirmed;
  return { recoveryCodes: codes, token, session, userErrors: [] };
};
