import { selects } from "#lib/graphql/connections.ts";
import type { QueryResolvers } from "../../generated/resolvers.ts";

export const costOptimizations: QueryResolvers["costOptimizations"] = (_root, args, { loaders }, info) =>
  loaders.optimizations(args, selects(info, "totalCount"));
