import { selects } from "#lib/relay.ts";
import type { QueryResolvers } from "../../generated/resolvers.ts";

export const tenants: QueryResolvers["tenants"] = (_root, args, { loaders }, info) =>
  loaders.tenants(args, selects(info, "totalCount"));
