import { createConnectionTicket as create } from "../../credentials/connection-tickets.ts";
import type { MutationResolvers } from "../../generated/resolvers.ts";

export const createConnectionTicket: MutationResolvers["createConnectionTicket"] = async (_root, _args, context) => ({
  ...(await create(context.services, context.request)),
  userErrors: [],
});
