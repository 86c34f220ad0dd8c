import { redeemConnectionTicket as redeem } from "../../credentials/connection-tickets.ts";
import type { MutationResolvers } from "../../generated/resolvers.ts";

export const redeemConnectionTicket: MutationResolvers["redeemConnectionTicket"] = async (
  _root,
  { input },
  context,
) => ({
  validToken: (await redeem(context.services, context.request, input.ticket)) ?? null,
  userErrors: [],
});
