import { selects } from "#lib/graphql/connections.ts";
import type { QueryResolvers } from "../../generated/resolvers.ts";

export const userSessions: QueryResolvers["userSessions"] = (_root, args, { loaders }, info) =>
  loaders.sessions(args, selects(info, "totalCount"));
