import { found, validId } from "#lib/graphql/arguments.ts";
import type { QueryResolvers } from "../../generated/resolvers.ts";

export const schedulingDecision: QueryResolvers["schedulingDecision"] = async (_root, { id }, { loaders }) =>
  found(await loaders.decisionById.load(validId(id, "id")), "scheduling decision");
