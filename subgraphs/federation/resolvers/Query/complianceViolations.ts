import { selects } from "#lib/graphql/connections.ts";
import type { QueryResolvers } from "../../generated/resolvers.ts";

export const complianceViolations: QueryResolvers["complianceViolations"] = (_root, args, { loaders }, info) =>
  loaders.violations(args, selects(info, "totalCount"));
