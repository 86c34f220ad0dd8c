import type { RoleGrantResolvers } from "../generated/resolvers.ts";

export const RoleGrant: RoleGrantResolvers = {
  user: ({ userId }, _args, { loaders }) => loaders.userById.load(userId),
  role: ({ roleId }, _args, { loaders }) => loaders.roleById.load(roleId),
  grantedBy: ({ grantedBy }, _args, { loaders }) => (grantedBy ? loaders.userById.load(grantedBy) : null),
};
