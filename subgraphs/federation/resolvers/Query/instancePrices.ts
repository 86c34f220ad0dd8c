import { selects } from "#lib/graphql/connections.ts";
import type { QueryResolvers } from "../../generated/resolvers.ts";

export const instancePrices: QueryResolvers["instancePrices"] = (_root, args, { loaders }, info) =>
  loaders.prices(args, selects(info, "totalCount"));
