import { actableTenantsOf } from "../../sign-in/actable-tenants.ts";
import { validId } from "#lib/graphql/arguments.ts";
import { selects } from "#lib/graphql/connections.ts";
import { signIn as begin } from "../../sign-in/sign-in.ts";
import type { MutationResolvers } from "../../generated/resolvers.ts";

export const signIn: MutationResolvers["signIn"] = async (_root, { input }, context, info) => {
  const tenantId = input.tenantId ? validId(input.tenantId, "input.tenantId") : null;
  const outcome = await begin(context.services, context.request, { ...input, tenantId });
  if ("error" in outcome) return { token: null, session: null, userErrors: [outcome.error] };
  context.written(outcome.session.tenantId);
  const tenants = selects(info, "tenants") ? await actableTenantsOf(context.services, outcome.session.userId) : null;
  return { ...outcome, tenants, userErrors: [] };
};
