import { selects } from "#lib/graphql/connections.ts";
import type { QueryResolvers } from "../../generated/resolvers.ts";

export const migrations: QueryResolvers["migrations"] = (_root, args, { loaders }, info) =>
  loaders.migrations(args, selects(info, "totalCount"));
