import { found, validId } from "#lib/graphql/arguments.ts";
import type { QueryResolvers } from "../../generated/resolvers.ts";

export const placementDecision: QueryResolvers["placementDecision"] = async (_root, { id }, { loaders }) =>
  found(await loaders.decisionById.load(validId(id, "id")), "placement decision");
