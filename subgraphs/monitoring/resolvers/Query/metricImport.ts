import { found, validId } from "#lib/graphql/arguments.ts";
import type { QueryResolvers } from "../../generated/resolvers.ts";

export const metricImport: QueryResolvers["metricImport"] = async (_root, { id }, { loaders }) =>
  found(await loaders.metricImportById.load(validId(id, "id")), "import");
