import { selects } from "#lib/graphql/connections.ts";
import type { QueryResolvers } from "../../generated/resolvers.ts";

export const scalingRecommendations: QueryResolvers["scalingRecommendations"] = (_root, args, { loaders }, info) =>
  loaders.recommendations(args, selects(info, "totalCount"));
