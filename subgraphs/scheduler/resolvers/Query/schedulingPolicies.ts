import { selects } from "#lib/graphql/connections.ts";
import type { QueryResolvers } from "../../generated/resolvers.ts";

export const schedulingPolicies: QueryResolvers["schedulingPolicies"] = (_root, args, { loaders }, info) =>
  loaders.policies(args, selects(info, "totalCount"));
