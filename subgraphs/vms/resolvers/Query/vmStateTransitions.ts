import { selects } from "#lib/graphql/connections.ts";
import type { QueryResolvers } from "../../generated/resolvers.ts";

export const vmStateTransitions: QueryResolvers["vmStateTransitions"] = (_root, args, { loaders }, info) =>
  loaders.transitions(args, selects(info, "totalCount"));
