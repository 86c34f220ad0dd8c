import { found, validId } from "#lib/graphql/arguments.ts";
import type { QueryResolvers } from "../../generated/resolvers.ts";

export const migration: QueryResolvers["migration"] = async (_root, { id }, { loaders }) =>
  found(await loaders.migrationById.load(validId(id, "id")), "migration");
