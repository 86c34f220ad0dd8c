import type { RoleGrantResolvers } from "../generated/resolvers.ts";

export const RoleGrant: RoleGrantResolvers = {
  user: ({ userId }, _args, { loaders }) => loaders.User.load(userId),
  role: ({ roleId }, _args, { loaders }) => loaders.Role.load(roleId),
  grantedBy: ({ grantedBy }, _args, { loaders }) => (grantedBy ? loaders.User.load(grantedBy) : null),
};
