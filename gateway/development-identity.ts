import type { Identity } from "#lib/request-context.ts";

/**
 * Everybody who reaches the gateway, until it can tell callers apart: one user of one tenant who may do everything in it. Subgraphs get it the
 * way they will get real ones.
 */
export const developmentIdentity = (tenantId: string, userId: string): Identity => ({
  kind: "user",
  id: userId,
  tenantId,
  permissions: ["*"],
});
