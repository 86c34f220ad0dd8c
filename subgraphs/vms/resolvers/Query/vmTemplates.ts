import { selects } from "#lib/graphql/connections.ts";
import type { QueryResolvers } from "../../generated/resolvers.ts";

export const vmTemplates: QueryResolvers["vmTemplates"] = (_root, args, { loaders }, info) =>
  loaders.templates(args, selects(info, "totalCount"));
