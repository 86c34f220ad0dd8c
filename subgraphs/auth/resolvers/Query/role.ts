import { found, validId } from "#lib/graphql/arguments.ts";
import type { QueryResolvers } from "../../generated/resolvers.ts";

export const role: QueryResolvers["role"] = async (_root, { id }, { loaders }) =>
  found(await loaders.roleById.load(validId(id, "id")), "role");
