import type { AuthAuditEntryResolvers } from "../generated/resolvers.ts";

export const AuthAuditEntry: AuthAuditEntryResolvers = {
  tenant: ({ tenantId }, _args, { loaders }) => loaders.tenantById.load(tenantId),
  user: ({ userId }, _args, { loaders }) => (userId ? loaders.userById.load(userId) : null),
  actorId: ({ userId }) => userId,
};
