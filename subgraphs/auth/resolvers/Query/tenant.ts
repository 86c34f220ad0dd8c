import { found, validId } from "#lib/arguments.ts";
import type { QueryResolvers } from "../../generated/resolvers.ts";

export const tenant: QueryResolvers["tenant"] = async (_root, { id }, { loaders }) =>
  found(await loaders.tenantById.load(validId(id, "id")), "tenant");
