import { platformTenantId } from "#lib/trust/platform-tenant.ts";
import type { Identity } from "#lib/trust/request-context.ts";

/** Returns a user of the platform who may do everything and acts in the tenant, for tests that are not about permissions. */
export const wholeTenantIdentity = (tenantId: string, userId: string): Identity => ({
  kind: "user",
  id: userId,
  tenantId,
  userTenantId: platformTenantId,
  permissions: ["*"],
});
