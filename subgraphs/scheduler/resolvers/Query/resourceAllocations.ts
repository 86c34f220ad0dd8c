import { selects } from "#lib/graphql/connections.ts";
import type { QueryResolvers } from "../../generated/resolvers.ts";

export const resourceAllocations: QueryResolvers["resourceAllocations"] = (_root, args, { loaders }, info) =>
  loaders.allocations(args, selects(info, "totalCount"));
