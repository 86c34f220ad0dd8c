import { regenerateRecoveryCodes as regenerate } from "../../mfa/totp.ts";
import type { MutationResolvers } from "../../generated/resolvers.ts";

export const regenerateRecoveryCodes: MutationResolvers["regenerateRecoveryCodes"] = async (
  _root,
  { input },
  { services, request },
) => {
  const made = await regenerate(services, request, input);
  return "code" in made ? { recoveryCodes: null, userErrors: [made] } : { recoveryCodes: made.codes, userErrors: [] };
};
