import type { QueryResolvers } from "../../generated/resolvers.ts";

export const tenantQuota: QueryResolvers["tenantQuota"] = (_root, _args, { loaders, request }) =>
  loaders.quotaOfTenant.load(request.identity.tenantId);
