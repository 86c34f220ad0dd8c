import type { UserSessionResolvers } from "../generated/resolvers.ts";

export const UserSession: UserSessionResolvers = {
  user: ({ userId }, _args, { loaders }) => loaders.userById.load(userId),
  tenant: ({ tenantId }, _args, { loaders }) => loaders.tenantById.load(tenantId),
};
