import { recordAudit } from "#db/auth/audit-writes.ts";
import type { RequestContext } from "#lib/trust/request-context.ts";
import { actorOf, type AuthServices, scopeOf } from "../services.ts";

export interface Denial {
  userId: string;
  username: string;
  userTenantId: string;
  /** The tenant that the user acted in. */
  tenantId: string;
  permissions: readonly string[];
}

/** Records in the audit log of the user's tenant which permissions the user lacked. */
export async function recordDenial({ database }: AuthServices, request: RequestContext, denial: Denial): Promise<void> {
  const { userId, username, tenantId, userTenantId, permissions } = denial;
  await database.write({ ...scopeOf(request, userTenantId), actor: `user:${userId}` }, (tx) =>
    recordAudit(tx, {
      ...actorOf(request),
      action: "access.denied",
      success: false,
      userId,
      actorName: username,
      errorMessage: "FORBIDDEN",
      metadata: { permissions, ...(tenantId === userTenantId ? {} : { actsInTenantId: tenantId }) },
    }),
  );
}
