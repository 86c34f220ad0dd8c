import { accountDetails, requireOwnOr } from "../authorization.ts";
import type { UserResolvers } from "../generated/resolvers.ts";

export const User: UserResolvers = {
  tenant: ({ tenantId }, _args, { loaders }) => loaders.tenantById.load(tenantId),
  mfaEnabled: ({ id, mfaEnabled }, _args, { request }) => {
    requireOwnOr(request, id, accountDetails);
    return mfaEnabled;
  },
  failedLoginAttempts: ({ id, failedLoginAttempts }, _args, { request }) => {
    requireOwnOr(request, id, accountDetails);
    return failedLoginAttempts;
  },
  lockedUntil: ({ id, lockedUntil }, _args, { request }) => {
    requireOwnOr(request, id, accountDetails);
    return lockedUntil;
  },
  lastLoginAt: ({ id, lastLogin }, _args, { request }) => {
    requireOwnOr(request, id, accountDetails);
    return lastLogin;
  },
  passwordChangedAt: ({ id, passwordChangedAt }, _args, { request }) => {
    requireOwnOr(request, id, accountDetails);
    return passwordChangedAt;
  },
  permissions: ({ id }, _args, { loaders, request }) => {
    requireOwnOr(request, id, "role:read");
    return loaders.permissionsOfUser.load(id);
  },
  disabledAt: ({ id, disabledAt }, _args, { request }) => {
    requireOwnOr(request, id, "user:read");
    return disabledAt;
  },
  roles: ({ id }, _args, { loaders, request }) => {
    requireOwnOr(request, id, "role:read");
    return loaders.roleGrantsOfUser.load(id);
  },
  apiKeys: ({ id }, args, { loaders, request }, info) => {
    requireOwnOr(request, id, "api_key:read");
    return loaders.apiKeysOfUser.load(id, args, info);
  },
  sessions: ({ id }, args, { loaders, request }, info) => {
    requireOwnOr(request, id, "session:read");
    return loaders.sessionsOfUser.load(id, args, info);
  },
  auditLog: ({ id }, args, { loaders, request }, info) => {
    requireOwnOr(request, id, "audit:read");
    return loaders.auditEntriesOfUser.load(id, args, info);
  },
};
