import { selects } from "#lib/relay.ts";
import type { TenantResolvers } from "../generated/resolvers.ts";

export const Tenant: TenantResolvers = {
  vms: ({ id }, args, { loaders }, info) => loaders.vmsOfTenant.load(id, args, selects(info, "totalCount")),
  vmTemplates: ({ id }, args, { loaders }, info) =>
    loaders.templatesOfTenant.load(id, args, selects(info, "totalCount")),
};
