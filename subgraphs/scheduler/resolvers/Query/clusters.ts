import { selects } from "#lib/graphql/connections.ts";
import type { QueryResolvers } from "../../generated/resolvers.ts";

export const clusters: QueryResolvers["clusters"] = (_root, args, { loaders }, info) =>
  loaders.clusters(args, selects(info, "totalCount"));
