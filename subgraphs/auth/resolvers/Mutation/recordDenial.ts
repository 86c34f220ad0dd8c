import { recordAudit } from "#db/auth/audit-writes.ts";
import { validId } from "#lib/arguments.ts";
import { actorOf, scopeOf } from "../../services.ts";
import type { MutationResolvers } from "../../generated/resolvers.ts";

export const recordDenial: MutationResolvers["recordDenial"] = async (_root, { input }, { request, services }) => {
  const { userId, username, tenantId, userTenantId, permissions } = input;
  const scope = scopeOf(request, validId(userTenantId, "input.userTenantId"));
  await services.database.write({ ...scope, actor: `user:${userId}` }, (tx) =>
    recordAudit(tx, {
      ...actorOf(request),
      action: "access.denied",
      success: false,
      userId: validId(userId, "input.userId"),
      actorName: username,
      errorMessage: "FORBIDDEN",
      metadata: { permissions, ...(tenantId === userTenantId ? {} : { actsInTenantId: tenantId }) },
    }),
  );
  return { userErrors: [] };
};
