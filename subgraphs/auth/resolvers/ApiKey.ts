import type { ApiKeyResolvers } from "../generated/resolvers.ts";

export const ApiKey: ApiKeyResolvers = {
  user: ({ userId }, _args, { loaders }) => loaders.userById.load(userId),
  tenant: ({ tenantId }, _args, { loaders }) => loaders.tenantById.load(tenantId),
};
