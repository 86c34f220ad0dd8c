import type { Identity } from "#lib/request-context.ts";

/** A user who may do everything in his tenant: for tests that are not about who may what. */
export const wholeTenantIdentity = (tenantId: string, userId: string): Identity => ({
  kind: "user",
  id: userId,
  tenantId,
  permissions: ["*"],
});
