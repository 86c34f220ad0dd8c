import { selects } from "#lib/graphql/connections.ts";
import type { QueryResolvers } from "../../generated/resolvers.ts";

export const roles: QueryResolvers["roles"] = (_root, args, { loaders }, info) =>
  loaders.roles(args, selects(info, "totalCount"));
