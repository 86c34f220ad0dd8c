import { selects } from "#lib/graphql/connections.ts";
import type { QueryResolvers } from "../../generated/resolvers.ts";

export const vmSnapshots: QueryResolvers["vmSnapshots"] = (_root, args, { loaders }, info) =>
  loaders.snapshots(args, selects(info, "totalCount"));
