import { found, validId } from "#lib/graphql/arguments.ts";
import { seesAllTenants, seeTenant } from "../../tenants/see-tenants.ts";
import type { QueryResolvers } from "../../generated/resolvers.ts";

export const tenant: QueryResolvers["tenant"] = async (_root, args, { loaders, request, services }) => {
  const id = validId(args.id, "id");
  const isAnother = id !== request.identity.tenantId && seesAllTenants(request.identity);
  return found(await (isAnother ? seeTenant(services, request, id) : loaders.Tenant.load(id)), "tenant");
};
