import { platformTenantId } from "#lib/platform-tenant.ts";
import type { Identity } from "#lib/request-context.ts";

/** Returns a user of the platform who may do everything and acts in the tenant, for tests that are not about permissions. */
export const wholeTenantIdentity = (tenantId: string, userId: string): Identity => ({
  kind: "user",
  id: userId,
  tenantId,
  userTenantId: platformTenantId,
  permissions: ["*"],
});
