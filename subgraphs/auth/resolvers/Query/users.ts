import { selects } from "#lib/relay.ts";
import type { QueryResolvers } from "../../generated/resolvers.ts";

export const users: QueryResolvers["users"] = (_root, args, { loaders }, info) =>
  loaders.users(args, selects(info, "totalCount"));
