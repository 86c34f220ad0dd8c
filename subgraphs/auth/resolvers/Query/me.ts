import { userById } from "#db/auth/users.ts";
import { homeOf } from "../../services.ts";
import type { QueryResolvers } from "../../generated/resolvers.ts";

export const me: QueryResolvers["me"] = async (_root, _args, { loaders, services, request }) => {
  const { identity, deadline } = request;
  if (identity.kind !== "user") return null;
  if (homeOf(identity) === identity.tenantId) return loaders.userById.load(identity.id);
  // Who acts in another tenant is not a user of that one.
  const tx = services.database.read({ tenantId: homeOf(identity), deadline });
  try {
    return (await userById(tx, [identity.id]))[0] ?? null;
  } finally {
    await tx.end();
  }
};
