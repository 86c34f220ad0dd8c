import { found, validId } from "#lib/arguments.ts";
import { changeGrant } from "../../roles/roles.ts";
import type { MutationResolvers } from "../../generated/resolvers.ts";

export const revokeRole: MutationResolvers["revokeRole"] = async (_root, { input }, context) => {
  const { loaders, services, request } = context;
  const userId = validId(input.userId, "input.userId");
  const [user, role] = await Promise.all([
    loaders.userById.load(userId),
    loaders.roleById.load(validId(input.roleId, "input.roleId")),
  ]);
  found(user, "user");
  const userErrors = await changeGrant(services, request, "revoke", found(role, "role"), userId);
  if (userErrors.length > 0) return { user: null, userErrors };
  context.written();
  return { user: await context.loaders.userById.load(userId), userErrors: [] };
};
