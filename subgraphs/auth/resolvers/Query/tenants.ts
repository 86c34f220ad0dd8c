import { selects } from "#lib/graphql/connections.ts";
import { listAllTenants, seesAllTenants } from "../../tenants/see-tenants.ts";
import type { QueryResolvers } from "../../generated/resolvers.ts";

export const tenants: QueryResolvers["tenants"] = (_root, args, { loaders, request, services }, info) => {
  const withTotal = selects(info, "totalCount");
  if (seesAllTenants(request.identity)) return listAllTenants(services, request, args, withTotal);
  return loaders.Tenant.page(args, withTotal);
};
