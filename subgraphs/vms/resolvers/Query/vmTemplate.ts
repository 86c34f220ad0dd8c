import { found, validId } from "#lib/graphql/arguments.ts";
import type { QueryResolvers } from "../../generated/resolvers.ts";

export const vmTemplate: QueryResolvers["vmTemplate"] = async (_root, { id }, { loaders }) =>
  found(await loaders.templateById.load(validId(id, "id")), "template");
