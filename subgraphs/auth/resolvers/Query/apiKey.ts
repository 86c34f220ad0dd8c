import { found, validId } from "#lib/graphql/arguments.ts";
import type { QueryResolvers } from "../../generated/resolvers.ts";

export const apiKey: QueryResolvers["apiKey"] = async (_root, { id }, { loaders }) =>
  found(await loaders.apiKeyById.load(validId(id, "id")), "API key");
