import { found, validId } from "#lib/graphql/arguments.ts";
import type { QueryResolvers } from "../../generated/resolvers.ts";

export const user: QueryResolvers["user"] = async (_root, { id }, { loaders }) =>
  found(await loaders.userById.load(validId(id, "id")), "user");
