import { selects } from "#lib/graphql/connections.ts";
import type { QueryResolvers } from "../../generated/resolvers.ts";

export const clusterNodes: QueryResolvers["clusterNodes"] = (_root, args, { loaders }, info) =>
  loaders.nodes(args, selects(info, "totalCount"));
