import type { QueryResolvers } from "../../generated/resolvers.ts";
import { homeOf } from "../../services.ts";
import { ownUser } from "../../users/own-user.ts";

export const me: QueryResolvers["me"] = async (_root, _args, context) => {
  const { identity } = context.request;
  if (identity.kind !== "user") return null;
  if (homeOf(identity) === identity.tenantId) return context.loaders.User.load(identity.id);
  return ownUser(context.services, context.request);
};
