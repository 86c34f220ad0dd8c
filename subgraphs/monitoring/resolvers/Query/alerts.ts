import { selects } from "#lib/graphql/connections.ts";
import type { QueryResolvers } from "../../generated/resolvers.ts";

export const alerts: QueryResolvers["alerts"] = (_root, args, { loaders }, info) =>
  loaders.alerts(args, selects(info, "totalCount"));
