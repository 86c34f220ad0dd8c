import type { RequestContext } from "#lib/trust/request-context.ts";
import { done } from "#subgraphs/use-case.ts";
import type { AuthServices } from "../services.ts";
import { type Outcome, write } from "../use-case.ts";

export interface Denial {
  userId: string;
  username: string;
  userTenantId: string;
  /** The tenant that the user acted in. */
  tenantId: string;
  permissions: readonly string[];
}

/** Records in the audit log of the user's tenant which permissions the user lacked. */
export async function recordDenial(
  services: AuthServices,
  request: RequestContext,
  { userId, username, userTenantId, tenantId, permissions }: Denial,
): Promise<Outcome<object>> {
  const entry = {
    action: "access.denied",
    success: false,
    userId,
    actorName: username,
    errorMessage: "FORBIDDEN",
    metadata: { permissions, ...(tenantId === userTenantId ? {} : { actsInTenantId: tenantId }) },
  };
  return write(services, request, async () => done({}, entry), { tenantId: userTenantId, actor: `user:${userId}` });
}
