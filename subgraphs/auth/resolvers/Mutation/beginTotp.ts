import { beginTotp as begin } from "../../mfa/totp.ts";
import type { MutationResolvers } from "../../generated/resolvers.ts";

export const beginTotp: MutationResolvers["beginTotp"] = async (_root, { input }, { services, request }) => {
  const begun = await begin(services, request, input.password);
  return "code" in begun ? { secret: null, uri: null, userErrors: [begun] } : { ...begun, userErrors: [] };
};
