import { requirePermission } from "#lib/trust/request-context.ts";
import { accountDetails, requireOwnOr } from "../account-access.ts";
import type { UserResolvers } from "../generated/resolvers.ts";

export const User: UserResolvers = {
  mfaEnabled: async ({ id, mfaEnabled }, _args, context) => {
    await requireOwnOr(context, id, accountDetails);
    return mfaEnabled;
  },
  failedLoginAttempts: async ({ id, failedLoginAttempts }, _args, context) => {
    await requireOwnOr(context, id, accountDetails);
    return failedLoginAttempts;
  },
  lockedUntil: async ({ id, lockedUntil }, _args, context) => {
    await requireOwnOr(context, id, accountDetails);
    return lockedUntil;
  },
  lastLoginAt: async ({ id, lastLogin }, _args, context) => {
    await requireOwnOr(context, id, accountDetails);
    return lastLogin;
  },
  passwordChangedAt: async ({ id, passwordChangedAt }, _args, context) => {
    await requireOwnOr(context, id, accountDetails);
    return passwordChangedAt;
  },
  permissions: async ({ id }, _args, context) => {
    await requireOwnOr(context, id, "role:read");
    return context.loaders.permissionsOfUser.load(id);
  },
  disabledAt: async ({ id, disabledAt }, _args, context) => {
    await requireOwnOr(context, id, "user:read");
    return disabledAt;
  },
  roles: async ({ id }, _args, context) => {
    await requireOwnOr(context, id, "role:read");
    return context.loaders.roleGrantsOfUser.load(id);
  },
  apiKeys: async ({ id }, args, context, info) => {
    await requireOwnOr(context, id, "api_key:read");
    return context.loaders.ApiKey.under("User.apiKeys").load(id, args, info);
  },
  sessions: async ({ id }, args, context, info) => {
    await requireOwnOr(context, id, "session:read");
    return context.loaders.UserSession.under("User.sessions").load(id, args, info);
  },
  auditLog: async ({ id }, args, context, info) => {
    await requireOwnOr(context, id, "audit:read");
    return context.loaders.AuthAuditEntry.under("User.auditLog").load(id, args, info);
  },
  // The schema requires `user:update`. The changes also show which roles were granted and revoked.
  changes: ({ id }, args, { loaders, request }, info) => {
    requirePermission(request.identity, "role:read");
    return loaders.User.changes().load(id, args, info);
  },
};
