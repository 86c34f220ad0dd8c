import type { MutationResolvers } from "../../generated/resolvers.ts";
import { changeRoleGrant } from "../role-grant-change.ts";

export const grantRole: MutationResolvers["grantRole"] = (_root, { input }, context) =>
  changeRoleGrant("grant", input, context);
