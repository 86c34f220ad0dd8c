import { selects } from "#lib/graphql/connections.ts";
import type { QueryResolvers } from "../../generated/resolvers.ts";

export const vms: QueryResolvers["vms"] = (_root, args, { loaders }, info) =>
  loaders.vms(args, selects(info, "totalCount"));
