import { found, validId } from "#lib/graphql/arguments.ts";
import type { QueryResolvers } from "../../generated/resolvers.ts";

export const cloudProvider: QueryResolvers["cloudProvider"] = async (_root, { id }, { loaders }) =>
  found(await loaders.providerById.load(validId(id, "id")), "provider");
