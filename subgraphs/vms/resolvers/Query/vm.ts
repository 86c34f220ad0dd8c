import { found, validId } from "#lib/graphql/arguments.ts";
import type { QueryResolvers } from "../../generated/resolvers.ts";

export const vm: QueryResolvers["vm"] = async (_root, { id }, { loaders }) =>
  found(await loaders.vmById.load(validId(id, "id")), "VM");
