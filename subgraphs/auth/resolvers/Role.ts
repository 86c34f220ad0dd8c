import { requireUserList } from "../account-access.ts";
import type { RoleResolvers } from "../generated/resolvers.ts";

export const Role: RoleResolvers = {
  isBuiltIn: ({ tenantId }) => tenantId === null,
  users: ({ id }, args, { loaders, request }, info) => {
    requireUserList(request, args);
    return loaders.User.under("Role.users").load(id, args, info);
  },
};
