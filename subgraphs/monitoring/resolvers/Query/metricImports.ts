import { selects } from "#lib/graphql/connections.ts";
import type { QueryResolvers } from "../../generated/resolvers.ts";

export const metricImports: QueryResolvers["metricImports"] = (_root, args, { loaders }, info) =>
  loaders.metricImports(args, selects(info, "totalCount"));
