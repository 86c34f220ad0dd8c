import { selects } from "#lib/graphql/connections.ts";
import type { QueryResolvers } from "../../generated/resolvers.ts";

export const alertRules: QueryResolvers["alertRules"] = (_root, args, { loaders }, info) =>
  loaders.alertRules(args, selects(info, "totalCount"));
