import { selects } from "#lib/graphql/connections.ts";
import type { QueryResolvers } from "../../generated/resolvers.ts";

export const apiKeys: QueryResolvers["apiKeys"] = (_root, args, { loaders }, info) =>
  loaders.apiKeys(args, selects(info, "totalCount"));
