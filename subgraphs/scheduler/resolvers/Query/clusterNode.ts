import { found, validId } from "#lib/graphql/arguments.ts";
import type { QueryResolvers } from "../../generated/resolvers.ts";

export const clusterNode: QueryResolvers["clusterNode"] = async (_root, { id }, { loaders }) =>
  found(await loaders.nodeById.load(validId(id, "id")), "node");
