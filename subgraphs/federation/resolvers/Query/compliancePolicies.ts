import { selects } from "#lib/graphql/connections.ts";
import type { QueryResolvers } from "../../generated/resolvers.ts";

export const compliancePolicies: QueryResolvers["compliancePolicies"] = (_root, args, { loaders }, info) =>
  loaders.policies(args, selects(info, "totalCount"));
