import { selects } from "#lib/graphql/connections.ts";
import { payload } from "#subgraphs/mutations.ts";
import type { MutationResolvers } from "../../generated/resolvers.ts";
import { actableTenantsOf } from "../../sign-in/actable-tenants.ts";
import { signIn as begin } from "../../sign-in/sign-in.ts";

export const signIn: MutationResolvers["signIn"] = async (_root, { input }, context, info) => {
  const outcome = await begin(context.services, context.request, input);
  const session = outcome.kind === "done" ? outcome.value.session : undefined;
  if (session) context.written(session.tenantId);
  const listsTenants = session && selects(info, "tenants");
  const tenants = listsTenants ? await actableTenantsOf(context.services, session.userId) : null;
  return { ...payload(outcome), tenants };
};
