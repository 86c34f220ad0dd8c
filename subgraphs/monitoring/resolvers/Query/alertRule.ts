import { found, validId } from "#lib/graphql/arguments.ts";
import type { QueryResolvers } from "../../generated/resolvers.ts";

export const alertRule: QueryResolvers["alertRule"] = async (_root, { id }, { loaders }) =>
  found(await loaders.alertRuleById.load(validId(id, "id")), "alert rule");
