import { selects } from "#lib/graphql/connections.ts";
import { requireUserList } from "../../account-access.ts";
import type { QueryResolvers } from "../../generated/resolvers.ts";

export const users: QueryResolvers["users"] = (_root, args, { loaders, request }, info) => {
  requireUserList(request, args);
  return loaders.User.page(args, selects(info, "totalCount"));
};
