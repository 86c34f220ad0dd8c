import { selects } from "#lib/graphql/connections.ts";
import { requireUserList } from "../../authorization.ts";
import type { QueryResolvers } from "../../generated/resolvers.ts";

export const users: QueryResolvers["users"] = (_root, args, { loaders, request }, info) => {
  requireUserList(request, args);
  return loaders.users(args, selects(info, "totalCount"));
};
