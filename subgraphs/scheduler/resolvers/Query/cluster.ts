import { found, validId } from "#lib/graphql/arguments.ts";
import type { QueryResolvers } from "../../generated/resolvers.ts";

export const cluster: QueryResolvers["cluster"] = async (_root, { id }, { loaders }) =>
  found(await loaders.clusterById.load(validId(id, "id")), "cluster");
