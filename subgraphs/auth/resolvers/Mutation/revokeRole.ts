import type { MutationResolvers } from "../../generated/resolvers.ts";
import { changeRoleGrant } from "../role-grant-change.ts";

export const revokeRole: MutationResolvers["revokeRole"] = (_root, { input }, context) =>
  changeRoleGrant("revoke", input, context);
