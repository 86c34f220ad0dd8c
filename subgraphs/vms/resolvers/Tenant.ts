import type { TenantResolvers } from "../generated/resolvers.ts";

export const Tenant: TenantResolvers = {
  vms: ({ id }, args, { loaders }, info) => loaders.vmsOfTenant.load(id, args, info),
  vmTemplates: ({ id }, args, { loaders }, info) => loaders.templatesOfTenant.load(id, args, info),
};
