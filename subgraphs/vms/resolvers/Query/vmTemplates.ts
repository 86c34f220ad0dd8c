import { selects } from "#lib/relay.ts";
import type { QueryResolvers } from "../../generated/resolvers.ts";

export const vmTemplates: QueryResolvers["vmTemplates"] = (_root, args, { loaders }, info) =>
  loaders.templates(args, selects(info, "totalCount"));
