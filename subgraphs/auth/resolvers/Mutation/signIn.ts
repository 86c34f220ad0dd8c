import { actableTenantsOf } from "../../sign-in/actable-tenants.ts";
import { validId } from "#lib/arguments.ts";
import { selects } from "#lib/relay.ts";
import { signIn as begin } from "../../sign-in/sign-in.ts";
import type { MutationResolvers } from "../../generated/resolvers.ts";

export const signIn: MutationResolvers["signIn"] = async (_root, { input }, context, info) => {
  if (input.tenantId) validId(input.tenantId, "input.tenantId");
  const outcome = await begin(context.services, context.request, input);
  if ("error" in outcome) return { token: null, session: null, userErrors: [outcome.error] };
  context.written(outcome.session.tenantId);
  const tenants = selects(info, "tenants") ? await actableTenantsOf(context.services, outcome.session.userId) : null;
  return { ...outcome, tenants, userErrors: [] };
};
