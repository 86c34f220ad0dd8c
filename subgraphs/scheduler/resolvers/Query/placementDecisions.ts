import { selects } from "#lib/graphql/connections.ts";
import type { QueryResolvers } from "../../generated/resolvers.ts";

export const placementDecisions: QueryResolvers["placementDecisions"] = (_root, args, { loaders }, info) =>
  loaders.decisions(args, selects(info, "totalCount"));
