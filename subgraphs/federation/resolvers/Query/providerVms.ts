import { selects } from "#lib/graphql/connections.ts";
import type { QueryResolvers } from "../../generated/resolvers.ts";

export const providerVms: QueryResolvers["providerVms"] = (_root, args, { loaders }, info) =>
  loaders.providerVms(args, selects(info, "totalCount"));
