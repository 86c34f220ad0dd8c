import { selects } from "#lib/graphql/connections.ts";
import type { QueryResolvers } from "../../generated/resolvers.ts";

export const cloudProviders: QueryResolvers["cloudProviders"] = (_root, args, { loaders }, info) =>
  loaders.providers(args, selects(info, "totalCount"));
