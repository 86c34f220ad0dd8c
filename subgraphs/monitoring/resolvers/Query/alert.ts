import { found, validId } from "#lib/graphql/arguments.ts";
import type { QueryResolvers } from "../../generated/resolvers.ts";

export const alert: QueryResolvers["alert"] = async (_root, { id }, { loaders }) =>
  found(await loaders.alertById.load(validId(id, "id")), "alert");
