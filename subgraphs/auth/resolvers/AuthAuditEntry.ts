import type { AuthAuditEntryResolvers } from "../generated/resolvers.ts";

export const AuthAuditEntry: AuthAuditEntryResolvers = {
  actorId: ({ userId }) => userId,
};
