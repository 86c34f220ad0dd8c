import { platformTenantId } from "#lib/platform-tenant.ts";
import type { Identity } from "#lib/request-context.ts";

/** Somebody of the platform who may do everything and acts in the tenant: for tests that are not about who may what. */
export const wholeTenantIdentity = (tenantId: string, userId: string): Identity => ({
  kind: "user",
  id: userId,
  tenantId,
  userTenantId: platformTenantId,
  permissions: ["*"],
});
