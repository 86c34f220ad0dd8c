import { requirePermission } from "#lib/trust/request-context.ts";
import { requireUserList } from "../account-access.ts";
import type { TenantResolvers } from "../generated/resolvers.ts";
import { seesAllTenants } from "../tenants/see-tenants.ts";

export const Tenant: TenantResolvers = {
  // The caller's own loaders do not see a tenant that was read across tenants.
  quota: (tenant, _args, { loaders }) =>
    tenant.quota === undefined ? loaders.quotaOfTenant.load(tenant.id) : tenant.quota,
  changes: ({ id }, args, { loaders, request: { identity } }, info) => {
    const isAnother = id !== identity.tenantId && seesAllTenants(identity);
    return (isAnother ? loaders.changesOfTenants : loaders.Tenant.changes()).load(id, args, info);
  },
  users: ({ id }, args, { loaders, request }, info) => {
    requireUserList(request, args);
    return loaders.User.under("Tenant.users").load(id, args, info);
  },
  roles: ({ id }, args, { loaders, request }, info) => {
    requirePermission(request.identity, "role:read");
    return loaders.Role.under("Tenant.roles").load(id, args, info);
  },
  apiKeys: ({ id }, args, { loaders, request }, info) => {
    requirePermission(request.identity, "api_key:read");
    return loaders.ApiKey.under("Tenant.apiKeys").load(id, args, info);
  },
};
