import { requireUserList } from "../authorization.ts";
import type { RoleResolvers } from "../generated/resolvers.ts";

export const Role: RoleResolvers = {
  tenant: ({ tenantId }, _args, { loaders }) => (tenantId ? loaders.tenantById.load(tenantId) : null),
  isBuiltIn: ({ tenantId }) => tenantId === null,
  users: ({ id }, args, { loaders, request }, info) => {
    requireUserList(request, args);
    return loaders.usersWithRole.load(id, args, info);
  },
};
