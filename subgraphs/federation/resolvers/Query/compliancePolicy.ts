import { found, validId } from "#lib/graphql/arguments.ts";
import type { QueryResolvers } from "../../generated/resolvers.ts";

export const compliancePolicy: QueryResolvers["compliancePolicy"] = async (_root, { id }, { loaders }) =>
  found(await loaders.policyById.load(validId(id, "id")), "policy");
