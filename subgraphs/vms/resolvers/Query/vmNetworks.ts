import { selects } from "#lib/graphql/connections.ts";
import type { QueryResolvers } from "../../generated/resolvers.ts";

export const vmNetworks: QueryResolvers["vmNetworks"] = (_root, args, { loaders }, info) =>
  loaders.networks(args, selects(info, "totalCount"));
